// progress_text.hpp: how far a state got, who is missing, how long it took: in words.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../detail/instances_text.hpp"
#include "counter.hpp"
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

// "3 of 5"
[[nodiscard]] inline std::string count_text(std::uint64_t count, std::uint64_t target) {
  return std::to_string(count) + " of " + std::to_string(target);
}

// "3 of 5, missing instances 2, 4"
[[nodiscard]] inline std::string progress_text(const scope& s, const progress& p,
                                               std::uint64_t target) {
  std::string text = count_text(p.count, target);
  const auto absent = missing(s, p);
  if (!absent.empty()) text += ", missing " + instances_text(absent);
  return text;
}

// The same for a counter as it is now. A hundred thousand instances that wait for one are told from one
// look at it.
[[nodiscard]] inline std::string progress_text(const scope& s, counter& c, std::uint64_t target) {
  struct told {
    std::mutex lock;
    std::uint64_t counter = 0;
    std::uint64_t revision = 0;
    std::uint64_t target = 0;
    std::uint64_t instances = 0;
    std::string text;
  };
  static auto& last = *new told;  // never destroyed: tasks may outlive main
  const std::uint64_t revision = c.revision();
  const std::lock_guard hold{last.lock};
  if (last.counter != c.id() || last.revision != revision || last.target != target ||
      last.instances != s.instances) {
    last.text = progress_text(s, c.progress(), target);
    last.counter = c.id();
    last.revision = revision;
    last.target = target;
    last.instances = s.instances;
  }
  return last.text;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
