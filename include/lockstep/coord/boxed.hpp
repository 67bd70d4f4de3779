// boxed.hpp: values of users' types on their way through a backend.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "../detail/config.hpp"
#include "../detail/type_tag.hpp"
#include "../error.hpp"
#include "log.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

template <class T>
payload boxed(T&& v) {
  using value = std::remove_cvref_t<T>;
  return {std::make_shared<const value>(std::forward<T>(v)), &detail::type_tag_of<value>};
}

// Throws error{mismatch} if it is of another type. `what`: the object that holds it, for people.
template <class T>
const T& unboxed(const payload& p, const std::string& what) {
  if (!p.type->is(detail::type_tag_of<T>)) {
    detail::raise(status::mismatch,
                  what + ": it holds " + p.type->name() + ", not " + detail::type_tag_of<T>.name());
  }
  return *static_cast<const T*>(p.value.get());
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
