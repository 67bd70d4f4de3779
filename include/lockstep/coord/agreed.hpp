// agreed.hpp: numbers on which all who open an object have to agree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../detail/config.hpp"
#include "../detail/type_tag.hpp"
#include "../error.hpp"
#include "cell.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Keeps the number with the object; `what` names the object to people. Throws error{mismatch} if
// somebody has opened it with another one.
inline void agree_on(scope& s, const char* kind, const std::string& name, const std::string& what,
                     std::uint64_t number) {
  using number_type = std::uint64_t;
  cell& c = s.backend->cell_named(s.key(kind, name));
  static_cast<void>(
      c.put({std::make_shared<const number_type>(number), &detail::type_tag_of<number_type>},
            expected::nothing()));
  const cell_state there = c.get();
  const auto agreed = *static_cast<const number_type*>(there.value.value.get());
  if (agreed != number) {
    detail::raise(status::mismatch, what + ": opened for " + std::to_string(number) +
                                        ", and elsewhere for " + std::to_string(agreed));
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
