// group_function.hpp: the functions that a group runs, and what comes of them.
#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../status.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// What a group calls: f(context) or f().
template <class F>
concept takes_context = std::is_invocable_v<F&, const context&>;

template <class F>
  requires takes_context<F> || std::is_invocable_v<F&>
decltype(auto) call_in_group(F& f, const context& ctx) {
  if constexpr (takes_context<F>) {
    return f(ctx);
  } else {
    return f();
  }
}
template <class F>
using group_result =
    decltype(call_in_group(std::declval<std::decay_t<F>&>(), std::declval<const context&>()));

// A function that returns a T or an outcome<T>; where T is void, a status will do as well.
template <class F, class T>
concept group_function =
    requires { typename group_result<F>; } &&
    (std::is_convertible_v<group_result<F>, T> || std::is_same_v<group_result<F>, outcome<T>> ||
     (std::is_void_v<T> && std::is_same_v<group_result<F>, status>));

template <class T, class F>
outcome<T> outcome_in_group(F& f, const context& ctx) {
  if constexpr (std::is_void_v<group_result<F>>) {
    call_in_group(f, ctx);
    return status::ok;
  } else if constexpr (std::is_void_v<T> || std::is_same_v<group_result<F>, outcome<T>>) {
    return call_in_group(f, ctx);
  } else {
    return outcome<T>{std::in_place, call_in_group(f, ctx)};
  }
}

// The failure that an exception stands for.
inline outcome_base failure_of(const std::exception_ptr& thrown) {
#if LOCKSTEP_EXCEPTIONS
  try {
    std::rethrow_exception(thrown);
  } catch (const error& e) {
    std::string text = e.what();  // ends in ": " and the status, which outcome::error() adds
    const std::size_t suffix = 2 + std::strlen(to_string(e.status()));
    return {e.status(), text.substr(0, text.size() - suffix)};
  } catch (const std::exception& e) {
    return {status::broken, e.what()};
  } catch (...) {
    return {status::broken, "a function of the group threw"};
  }
#else
  static_cast<void>(thrown);
  return {status::broken};
#endif
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
