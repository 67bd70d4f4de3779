// splitmix.hpp: SplitMix64: a seeded sequence of numbers, and a mixer of bits.
//
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014). Not for
// secrets.
#pragma once

#include <cstdint>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

inline constexpr std::uint64_t splitmix_step = 0x9E3779B97F4A7C15U;

// Every bit of z decides on every bit of the result; different numbers give different ones.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

class splitmix {
 public:
  explicit constexpr splitmix(std::uint64_t seed) noexcept : state_{seed} {}

  constexpr std::uint64_t operator()() noexcept { return mixed(state_ += splitmix_step); }
  // Below n. (Lemire, "Fast random integer generation in an interval"; the bias, of n / 2^32, stays.)
  constexpr std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((*this)() >> 32U) * n >> 32U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
