// stacked_flow.hpp: a flow that lives at the top of its own stack, which comes from a slab.
#pragma once

#include <cstddef>
#include <new>

#include "../../detail/config.hpp"
#include "slab.hpp"
#include "switch.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Base of what a scheduler keeps of a flow.
struct stacked_flow {
  flow stack;
  stack_slab* slab = nullptr;
  char* top = nullptr;

  // Makes a Flow, derived from this, on a stack of the slab. It begins with entry, when it is first
  // switched to. Throws error{unavailable}.
  template <class Flow>
  static Flow* make(stack_slab& slab, void (*entry)(boost::context::detail::transfer_t)) {
    static_assert(alignof(Flow) == 16);
    char* const top = slab.take();
    char* const begin = top - sizeof(Flow) - slab.next_colour();
    auto* const f = ::new (begin) Flow;
    f->slab = &slab;
    f->top = top;
    prepare(f->stack, begin, slab.stack_bytes() - static_cast<std::size_t>(top - begin), entry);
    return f;
  }
  // Gives the stack back. Nobody may be on it.
  template <class Flow>
  static void dispose(Flow* f) noexcept {
    stack_slab& slab = *f->slab;
    char* const top = f->top;
    detail::dispose(f->stack);
    f->~Flow();
    slab.give(top);
  }

  [[nodiscard]] bool has_overflowed() const noexcept { return slab->has_overflowed(top); }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
