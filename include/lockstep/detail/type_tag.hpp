// type_tag.hpp: identity and name of a type at run time. Without RTTI its name is its identity.
#pragma once

#include <string>
#ifdef __cpp_rtti
#include <typeinfo>
#endif

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct type_tag {
  std::string (*name)();      // as the compiler writes it for people
  std::string (*identity)();  // as it tells types apart

  // Tags of one type may stand at several addresses: once in each shared library. But in each source
  // file an unnamed namespace is another, of whatever name its types are.
  [[nodiscard]] bool is(const type_tag& other) const {
    if (this == &other) return true;
    const std::string mine = identity();
    return mine == other.identity() && mine.find("_GLOBAL__N_") == std::string::npos &&
           mine.find("anonymous") == std::string::npos;
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
std::string type_identity() {
#ifdef __cpp_rtti
  return typeid(T).name();
#else
  return type_name<T>();
#endif
}

template <class T>
inline constexpr type_tag type_tag_of{&type_name<T>, &type_identity<T>};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
