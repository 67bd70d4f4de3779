// wait_any.hpp: waiting for whichever of several objects is ready first.
//
//   switch (wait_any(work, stop)) { ... }
//
// For everything that on_ready takes: events, latches, wait groups. It is a select: of several that
// are ready one is chosen at random, and only that is waited for, so that no other automatic event
// is reset. Ordering, lifetime and cost are those of select.
#pragma once

#include <cstddef>

#include "context.hpp"
#include "detail/config.hpp"
#include "outcome.hpp"
#include "select.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// What on_ready takes.
template <class X>
concept can_be_ready = requires(X& x) { on_ready(x); };

// Blocks until one of the objects is ready; returns its position.
template <can_be_ready... X>
std::size_t wait_any(X&... objects) {
  return select(on_ready(objects)...).index;
}

// The same; without a position: as the context ended before or meanwhile.
template <can_be_ready... X>
[[nodiscard]] outcome<std::size_t> wait_any(const context& ctx, X&... objects) {
  if (const status s = ctx.status(); s != status::ok) return s;
  const selected s = select(on_ready(objects)..., on_done(ctx));
  if (s.index == sizeof...(X)) return s.status;
  return outcome<std::size_t>{std::in_place, s.index};
}

}  // namespace lockstep::inline LOCKSTEP_ABI
