// error.hpp: the one exception type, and the error category behind it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "detail/config.hpp"
#include "status.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

class status_category final : public std::error_category {
 public:
  constexpr status_category() noexcept = default;
  [[nodiscard]] const char* name() const noexcept override { return "lockstep"; }
  [[nodiscard]] std::string message(int value) const override {
    return to_string(static_cast<status>(value));
  }
};

inline constinit const status_category status_category_instance{};

}  // namespace detail

[[nodiscard]] inline std::error_code make_error_code(status s) noexcept {
  return {static_cast<int>(s), detail::status_category_instance};
}

// Thrown by the plain form of an operation on any outcome but success. what() says what was
// awaited and how far it got; status() says how it ended.
class error : public std::system_error {
 public:
  error(lockstep::status s, const char* text) : std::system_error{make_error_code(s), text} {}
  error(lockstep::status s, const std::string& text)
      : std::system_error{make_error_code(s), text} {}

  [[nodiscard]] lockstep::status status() const noexcept {
    return static_cast<lockstep::status>(code().value());
  }
};

namespace detail {

// Throws error{s, text}; without exceptions, prints it and aborts.
[[noreturn]] LOCKSTEP_COLD inline void raise(status s, const char* text) {
#if LOCKSTEP_EXCEPTIONS
  throw error{s, text};
#else
  std::fprintf(stderr, "lockstep: %s: %s\n", text, to_string(s));
  std::abort();
#endif
}

[[noreturn]] inline void raise(status s, const std::string& text) { raise(s, text.c_str()); }

}  // namespace detail
}  // namespace lockstep::inline LOCKSTEP_ABI

template <>
struct std::is_error_code_enum<lockstep::status> : std::true_type {};
