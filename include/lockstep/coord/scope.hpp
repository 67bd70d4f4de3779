// scope.hpp: the part of a backend that belongs to one run, as one of its instances sees it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "backend.hpp"
#include "lazy_session.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

struct scope {
  std::shared_ptr<coord::backend> backend;
  std::string run;              // "" outside of a run
  participant self = nobody;    // index of this instance
  std::uint64_t instances = 0;  // of the run; 0: unknown
  lazy_session session{};

  // The full name of an object: "run/kind/name". Throws error{unsupported} for a name that is
  // empty, longer than 256 bytes or not printable.
  [[nodiscard]] std::string key(const char* kind, const std::string& name) const {
    const auto printable = [](char c) {
      return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
    };
    const char* wrong = name.empty()        ? "is empty"
                        : name.size() > 256 ? "is over 256 bytes long"
                        : !std::all_of(name.begin(), name.end(), printable)
                            ? "holds control characters"
                            : nullptr;
    if (wrong != nullptr) {
      detail::raise(status::unsupported, std::string{"the name of a "} + kind + " " + wrong +
                                             ": '" + name.substr(0, 64) + "'");
    }
    std::string key;
    key.reserve(run.size() + name.size() + 16);  // at once: it is made for every operation
    return key.append(run).append("/").append(kind).append("/").append(name);
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
