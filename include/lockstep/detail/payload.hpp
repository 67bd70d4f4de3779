// payload.hpp: how a value travels from a sender to a receiver.
//
// Values move while a channel's short lock is held, after the hand-over was decided, so the move
// must not fail there. A type whose move can throw travels in a box that its sender allocates
// before the decision.
#pragma once

#include <type_traits>
#include <utility>

#include "../outcome.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The value of a channel<void>.
struct token {};

template <class T>
using payload_t = std::conditional_t<std::is_void_v<T>, token, T>;

// A value on the heap, owned. Moves without touching the value.
template <class T>
class box {
 public:
  template <class... Args>
    requires std::is_constructible_v<T, Args...>
  explicit box(std::in_place_t, Args&&... args) : value_{new T(std::forward<Args>(args)...)} {}
  box(box&& o) noexcept : value_{std::exchange(o.value_, nullptr)} {}
  box& operator=(box&& o) noexcept {
    std::swap(value_, o.value_);
    return *this;
  }
  ~box() { delete value_; }
  T& operator*() const noexcept { return *value_; }
  [[nodiscard]] T* release() noexcept { return std::exchange(value_, nullptr); }

 private:
  T* value_;
};

// What queues and slots hold for a T. Instantiated in member bodies only: T may be incomplete
// where the channel is named.
template <class T>
inline constexpr bool boxed = !std::is_nothrow_move_constructible_v<payload_t<T>>;
template <class T>
using carrier = std::conditional_t<boxed<T>, box<payload_t<T>>, payload_t<T>>;

// Puts u on its carrier and calls transfer(carrier&) -> status. Where u is a T&& that travels
// unboxed, the carrier is u itself; in every case a T&& that was not sent is left with its value.
template <class T, class U, class Transfer>
status with_carrier(U&& u, Transfer transfer) {
  using value = payload_t<T>;
  constexpr bool own = std::is_same_v<U, value>;  // u is a non-const rvalue of the value type
  if constexpr (own && !boxed<T>) {
    return transfer(u);
  } else if constexpr (!boxed<T>) {
    value converted = static_cast<value>(std::forward<U>(u));
    return transfer(converted);
  } else {
    box<value> carried(std::in_place, std::forward<U>(u));
    [[maybe_unused]] const auto give_back = [&] {
      if constexpr (own) {
        static_assert(std::is_move_assignable_v<value>,
                      "a value that could not be sent is moved back: give it a move assignment");
        u = std::move(*carried);
      }
    };
    status s = status::ok;
    LOCKSTEP_TRY { s = transfer(carried); }
    LOCKSTEP_CATCH_ALL {
      give_back();
      LOCKSTEP_RETHROW;
    }
    if (s != status::ok) give_back();
    return s;
  }
}

// What arrived, off its carrier.
template <class T>
outcome<T> unpack(outcome<carrier<T>>&& arrived) {
  if constexpr (std::is_void_v<T>) {
    return outcome<void>{arrived.status()};
  } else if constexpr (boxed<T>) {
    if (!arrived) return arrived.status();
    return outcome<T>{std::in_place, std::move(**arrived)};
  } else {
    return std::move(arrived);
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
