// progress_text.hpp: how far a state got, who is missing, how long it took: in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../detail/instances_text.hpp"
#include "backend.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

using detail::duration_text;
using detail::instances_text;

// Instances that have not signalled a state and do not wait for it.
[[nodiscard]] inline std::vector<participant> missing(const scope& s, const progress& p) {
  std::vector<bool> accounted(static_cast<std::size_t>(s.instances));
  for (const auto* group : {&p.signalled, &p.waiting}) {
    for (const participant i : *group) {
      if (i < s.instances) accounted[static_cast<std::size_t>(i)] = true;
    }
  }
  std::vector<participant> result;
  for (participant i = 0; i < s.instances; ++i) {
    if (!accounted[static_cast<std::size_t>(i)]) result.push_back(i);
  }
  return result;
}

// "3 of 5, missing instances 2, 4"
[[nodiscard]] inline std::string progress_text(const scope& s, const progress& p,
                                               std::uint64_t target) {
  std::string text = std::to_string(p.count) + " of " + std::to_string(target);
  const auto absent = missing(s, p);
  if (!absent.empty()) text += ", missing " + instances_text(absent);
  return text;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
