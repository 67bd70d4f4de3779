// announce.hpp: what every operation on a named object begins with.
#pragma once

#include <string>

#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Tells a scheduler or an observer which operation comes next.
inline void announce(const char* verb, site where) {
  detail::checkpoint<any_runtime>([&] {
    return detail::visible_op{verb, "", nullptr, where, nullptr};
  });
}

// Throws error{session_lost} if the session is over. `what`: the object, for people.
inline void require_session(const scope& s, const std::string& what) {
  if (s.backend->lost().done()) detail::raise(status::session_lost, what);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
