// type_tag.hpp: identity and name of a type at run time, with or without RTTI.
#pragma once

#include <string>
#include <string_view>
#ifdef __cpp_rtti
#include <typeinfo>
#endif

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct type_tag {
  std::string (*name)();  // as the compiler writes it for people
#ifdef __cpp_rtti
  const std::type_info* info;
#endif

  // Tags of one type may stand at several addresses: once in each shared library. But types that belong
  // to one source file are others elsewhere, whatever they are called.
  [[nodiscard]] bool is(const type_tag& other) const {
    if (this == &other) return true;
#ifdef __cpp_rtti
    const std::string_view mangled = info->name();
    return *info == *other.info && mangled.find("_GLOBAL__N_") == mangled.npos &&
           mangled.substr(0, 2) != "ZL";
#elif defined(__clang__)
    return false;  // it writes local types without the functions that they belong to
#else
    const std::string mine = name();
    return mine == other.name() && mine.find("{anonymous}") == std::string::npos;
#endif
  }
};

template <class T>
std::string type_name() {
  // "... [with T = int; std::string = ...]", "... [T = int]"
  const std::string pretty = __PRETTY_FUNCTION__;
  const auto begin = pretty.find("T = ") + 4;
  auto end = pretty.rfind("; std::string = ");
  if (end == std::string::npos) end = pretty.rfind(']');
  return pretty.substr(begin, end - begin);
}

template <class T>
inline constexpr type_tag type_tag_of{
    &type_name<T>,
#ifdef __cpp_rtti
    &typeid(T),
#endif
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
