// random.hpp: random numbers, which in a simulation come from its seed.
//
//   std::uniform_int_distribution<int> up_to{0, 99};
//   lockstep::random_source random;
//   int percent = up_to(random);
#pragma once

#include <cstdint>

#include "detail/config.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// 64 random bits; differs between tasks and runs, but not between simulations with the same seed.
// Not for secrets.
[[nodiscard]] inline std::uint64_t random() noexcept { return any_runtime::random(); }

// The same for the distributions of <random>: a uniform random bit generator without state.
struct random_source {
  using result_type = std::uint64_t;
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return ~result_type{0}; }
  result_type operator()() const noexcept { return random(); }
};

}  // namespace lockstep::inline LOCKSTEP_ABI
