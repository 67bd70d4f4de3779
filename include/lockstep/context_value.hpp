// context_value.hpp: values that travel down the tree with a context: a request's id, a user.
//
//   inline const context_key<std::string> user;
//   const context ctx = with_value(parent, user, "ada");
//   if (const std::string* name = ctx.value(user)) ...
//
// For what belongs to a request and crosses layers that do not know it, not for parameters.
//
// Ordering: a value never changes; whoever has the context may read it.
// Lifetime: a value lives as long as a context that carries it, or was derived from one that does.
// A key outlives its use; it is known by its address.
// Cost: with_value() is one allocation; a look-up is linear in the values on the way to the root.
// Source: Go's context.WithValue and WithoutCancel; statements CTX-8 and CTX-9.
#pragma once

#include <type_traits>
#include <utility>

#include "context.hpp"
#include "detail/config.hpp"
#include "detail/value_chain.hpp"
#include "fwd.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Says which value is meant, and of what type it is. Two keys are never the same. (Final, so that
// none shares its address by being an empty base.)
template <class T>
class context_key final {
 public:
  using value_type = T;

  constexpr context_key() noexcept {}
  context_key(const context_key&) = delete;
  context_key& operator=(const context_key&) = delete;
};

namespace detail {

template <class T>
class value_link final : public value_chain {
 public:
  template <class U>
  value_link(const context_key<T>& key, U&& u, value_chain* rest)
      : value_chain{&key, std::addressof(value_)}, value_(std::forward<U>(u)) {
    append(rest);
  }

 private:
  T value_;
};

}  // namespace detail

// The parent with one value more. A value of the same key in the parent is hidden, not changed.
template <class T, class U = T>
  requires std::is_convertible_v<U, T>
[[nodiscard]] context with_value(const context& parent, const context_key<T>& key, U&& u) {
  using access = detail::context_access;
  return access::carrying(
      parent, new detail::value_link<T>{key, std::forward<U>(u), access::values(parent)});
}

// The values of the parent, but neither its cancellation nor its deadline.  // CTX-8
[[nodiscard]] inline context without_cancel(const context& parent) noexcept {
  using access = detail::context_access;
  return access::carrying(background(), detail::value_chain::retain(access::values(parent)));
}

}  // namespace lockstep::inline LOCKSTEP_ABI
