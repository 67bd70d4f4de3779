// sim_objects.hpp: objects by the order in which they were first used, which is the same in every run;
// their addresses are not.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>

#include "../../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class sim_objects {
 public:
  // From 1; 0 for none. Throws std::bad_alloc.
  std::uint64_t number(const void* object) {
    if (object == nullptr) return 0;
    entry& seen = near(object);
    if (seen.object != object) [[unlikely]] {
      const auto [at, is_new] = numbers_.try_emplace(object, seen_ + 1);
      if (is_new) ++seen_;
      seen = {object, at->second};
    }
    return seen.number;
  }
  void forget(const void* object) noexcept {
    if (near(object).object == object) near(object) = {};
    numbers_.erase(object);
  }

 private:
  struct entry {
    const void* object = nullptr;
    std::uint64_t number = 0;
  };
  static constexpr std::size_t near_most = 64;

  // Where the object is, if it was the last one to be asked for that belongs there.
  entry& near(const void* object) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(object);
    return near_[(address >> 4U ^ address >> 10U) % near_most];
  }

  entry near_[near_most];
  boost::unordered_flat_map<const void*, std::uint64_t> numbers_;
  std::uint64_t seen_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
