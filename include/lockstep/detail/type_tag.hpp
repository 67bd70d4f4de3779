// type_tag.hpp: identity and name of a type at run time, without RTTI.
#pragma once

#include <string>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct type_tag {
  std::string (*name)();  // as the compiler writes it

  // Tags of one type may stand at several addresses: once in each shared library.
  [[nodiscard]] bool is(const type_tag& other) const {
    return this == &other || name() == other.name();
  }
};

template <class T>
std::string type_name() {
  const std::string pretty = __PRETTY_FUNCTION__;  // "... [with T = int; ...]", "... [T = int]"
  const auto begin = pretty.find("T = ") + 4;
  auto end = pretty.find(';', begin);
  if (end == std::string::npos) end = pretty.rfind(']');
  return pretty.substr(begin, end - begin);
}

template <class T>
inline constexpr type_tag type_tag_of{&type_name<T>};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
