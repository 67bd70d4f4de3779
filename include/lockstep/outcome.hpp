// outcome.hpp: a value, or the reason why there is none.
//
// outcome<T> is what waits return that may end without a value: a bool, a pointer-like view of the
// value, status(), and error() with the text (what was awaited and how far it got). Cost: T, a
// byte, and one pointer that is null unless a layer recorded a text.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "detail/config.hpp"
#include "error.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// How it ended and, on failure, an owned text. The part of an outcome that knows no value.
class outcome_base {
 public:
  outcome_base(lockstep::status s) noexcept : status_{s} {}
  outcome_base(lockstep::status s, std::string text)
      : text_{new std::string{std::move(text)}}, status_{s} {}
  outcome_base(outcome_base&& o) noexcept
      : text_{std::exchange(o.text_, nullptr)}, status_{o.status_} {}
  outcome_base& operator=(outcome_base&& o) noexcept {
    std::swap(text_, o.text_);
    status_ = o.status_;
    return *this;
  }
  ~outcome_base() {
    if (text_ != nullptr) [[unlikely]]
      drop_text();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return status_ == status::ok; }
  [[nodiscard]] lockstep::status status() const noexcept { return status_; }

  // The failure as an exception object, not thrown. Requires status() != ok.
  [[nodiscard]] lockstep::error error() const { return {status_, text()}; }
  // The text of error(), which adds the status to it.
  [[nodiscard]] const char* text() const noexcept {
    return text_ != nullptr ? text_->c_str() : "the operation did not complete";
  }

 protected:
  void require_ok() const {
    if (status_ != status::ok) [[unlikely]]
      raise(status_, text());
  }

  void clear(lockstep::status s) noexcept {
    if (text_ != nullptr) [[unlikely]]
      drop_text();
    status_ = s;
  }

  std::string* text_ = nullptr;
  lockstep::status status_;

 private:
  LOCKSTEP_COLD void drop_text() noexcept { delete std::exchange(text_, nullptr); }
};

}  // namespace detail

// g++ 12 takes the value that is not there for one that is used uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

template <class T>
class [[nodiscard]] outcome : public detail::outcome_base {
 public:
  using value_type = T;

  // No value, because of s (which is not ok).
  outcome(lockstep::status s) noexcept : outcome_base{s} {}
  outcome(lockstep::status s, std::string text) : outcome_base{s, std::move(text)} {}
  template <class... Args>
    requires std::is_constructible_v<T, Args...>
  explicit outcome(std::in_place_t, Args&&... args) : outcome_base{status::ok} {
    ::new (address()) T(std::forward<Args>(args)...);
  }

  outcome(outcome&& o) noexcept(std::is_nothrow_move_constructible_v<T>)
      : outcome_base{std::move(o)} {
    if (o.status_ == status::ok) ::new (address()) T(std::move(*o));
  }
  outcome& operator=(outcome&& o) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this == &o) return *this;
    reset(status::would_block);
    if (o.status_ == status::ok) ::new (address()) T(std::move(*o));
    outcome_base::operator=(std::move(o));
    return *this;
  }
  ~outcome() { reset(status::would_block); }

  // The value. Requires a true outcome.
  [[nodiscard]] T& operator*() & noexcept { return value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return value_; }
  [[nodiscard]] T&& operator*() && noexcept { return static_cast<T&&>(value_); }
  [[nodiscard]] T* operator->() noexcept { return address(); }
  [[nodiscard]] const T* operator->() const noexcept { return std::addressof(value_); }

  // The value, or throws error().
  [[nodiscard]] T& value() & { return require_ok(), value_; }
  [[nodiscard]] const T& value() const& { return require_ok(), value_; }
  [[nodiscard]] T value() && { return require_ok(), static_cast<T&&>(value_); }
  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return status_ == status::ok ? static_cast<T&&>(value_)
                                 : static_cast<T>(std::forward<U>(other));
  }

  template <class... Args>
  T& emplace(Args&&... args) {
    reset(status::would_block);
    ::new (address()) T(std::forward<Args>(args)...);
    status_ = status::ok;
    return value_;
  }

  // Drops the value, if any, and records why there is none.
  void reset(lockstep::status s) noexcept {
    if (status_ == status::ok) value_.~T();
    clear(s);
  }

  // O is deduced, so that the rest is not even asked of whatever else finds this operator, such as
  // iterators over outcomes.
  template <class O, class U>
    requires std::is_same_v<O, outcome> && (!std::is_base_of_v<detail::outcome_base, U>) &&
             requires(const T& a, const U& b) { a == b; }
  [[nodiscard]] friend bool operator==(const O& a, const U& b) {
    return a.status_ == status::ok && *a == b;
  }
  [[nodiscard]] friend bool operator==(const outcome& a, lockstep::status s) noexcept {
    return a.status_ == s;
  }

 private:
  T* address() noexcept { return std::addressof(value_); }

  union {
    T value_;  // alive while status_ is ok
  };
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// An outcome without a value: converts to status.
template <>
class [[nodiscard]] outcome<void> : public detail::outcome_base {
 public:
  using value_type = void;
  using outcome_base::outcome_base;
  outcome() : outcome_base{status::ok} {}
  explicit outcome(std::in_place_t) : outcome_base{status::ok} {}

  [[nodiscard]] operator lockstep::status() const noexcept { return status_; }
  void operator*() const noexcept {}
  void value() const { require_ok(); }
  void emplace() noexcept { clear(status::ok); }
  void reset(lockstep::status s) noexcept { clear(s); }

  [[nodiscard]] friend bool operator==(const outcome& a, lockstep::status s) noexcept {
    return a.status_ == s;
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI
