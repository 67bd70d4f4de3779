// sim_objects.hpp: objects by the order in which they were first used, which is the same in every run;
// their addresses are not.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "../../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class sim_objects {
 public:
  // From 1; 0 for none. Throws std::bad_alloc.
  std::uint64_t number(const void* object) {
    if (object == nullptr) return 0;
    const auto [at, is_new] = numbers_.try_emplace(object, seen_ + 1);
    if (is_new) ++seen_;
    return at->second;
  }
  void forget(const void* object) noexcept { numbers_.erase(object); }

 private:
  boost::unordered_flat_map<const void*, std::uint64_t> numbers_;
  std::uint64_t seen_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
