// once.hpp: a function that one of the instances runs, and whose result all get, by name.
//
// If who runs it dies, or it throws, another runs it: it may be run more than once, but there is one result.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../site.hpp"
#include "boxed.hpp"
#include "entrance.hpp"
#include "guard.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Throws error{session_lost}, error{mismatch} if the result is of another type, and what f throws.
template <class F>
std::decay_t<std::invoke_result_t<F>> once(std::shared_ptr<scope> s, const std::string& name, F f,
                                           site where) {
  using result = std::decay_t<std::invoke_result_t<F>>;
  using kept = std::conditional_t<std::is_void_v<result>, char, std::remove_cvref_t<result>>;
  cell& done = s->backend->cell_named(s->key("once", name));
  const auto of = std::make_shared<const entrance>(std::move(s), "once", name, roster_rule{});
  if (!done.get().exists()) {
    const guard running{of, of->enter(terms{}, {}, detail::limit::none(), "once", where).value()};
    if (!done.get().exists()) {
      payload p;
      if constexpr (std::is_void_v<result>) {
        f();
        p = boxed(char{});
      } else {
        p = boxed<kept>(f());
      }
      // Else another has done it, and this session is lost.
      static_cast<void>(done.put(std::move(p), expected::nothing().fenced(running.token())));
    }
  }
  const cell_state there = done.get();
  if (!there.exists()) detail::raise(status::session_lost, of->name());
  const kept& value = unboxed<kept>(there.value, of->name());
  if constexpr (!std::is_void_v<result>) return value;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
