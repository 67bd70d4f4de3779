// parameter.hpp: values of plan parameters, from the text on the command line.
//
// Text, integers, floating point numbers, bool ("true", "false", "1", "0"), and durations: a number
// with a unit (ns us ms s min h), or 0.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

template <class T>
struct is_duration : std::false_type {};
template <class Rep, class Period>
struct is_duration<std::chrono::duration<Rep, Period>> : std::true_type {};

// What a T is called in messages.
template <class T>
[[nodiscard]] constexpr const char* kind_of_value() noexcept {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (is_duration<T>::value) return "a duration such as 250ms, 10s or 0";
  if constexpr (std::is_integral_v<T>) return "a whole number in range";
  if constexpr (std::is_floating_point_v<T>) return "a number";
  return "text";
}

// The number that all of the text is, if it is one.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) noexcept {
  Number n{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc{} || end != text.data() + text.size()) return {};
  return n;
}

[[nodiscard]] inline std::optional<std::chrono::nanoseconds> parse_duration(
    std::string_view text) noexcept {
  static constexpr struct {
    std::string_view name;
    double nanoseconds;
  } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 6e10}, {"h", 3.6e12}};
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = parse_number<double>(text.substr(0, digits));
  if (!number) return {};
  const auto unit = text.substr(digits);
  if (unit.empty() && *number == 0) return std::chrono::nanoseconds{0};
  for (const auto& u : units) {
    if (unit != u.name) continue;
    const double ns = *number * u.nanoseconds;
    if (ns >= 9.2e18) return {};
    return std::chrono::nanoseconds{static_cast<std::chrono::nanoseconds::rep>(ns + 0.5)};
  }
  return {};
}

template <class T>
[[nodiscard]] std::optional<T> parse_value(std::string_view text) {
  if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return {};
  } else if constexpr (is_duration<T>::value) {
    const auto ns = parse_duration(text);
    if (!ns) return {};
    const auto value = std::chrono::duration_cast<T>(*ns);
    if (!std::is_floating_point_v<typename T::rep> && value != *ns) return {};  // too fine for T
    return value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return parse_number<T>(text);
  } else {
    static_assert(std::is_constructible_v<T, std::string_view>, "not a type of parameter");
    return T(text);
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
