// blocked_report.hpp: who waits for what, and for whom.
//
//   circle: instance 0 wants mutex #1, held by instance 1, which wants mutex #2, held by instance 0
//   instance 0: lock mutex #1 (held by instance 1), plan.cpp:12 in transfer, for 2 s
//       holds mutex #2, taken at plan.cpp:11 in transfer
//   instances 2, 3: recv channel #3 (rendezvous), plan.cpp:30 in collect, for 2 s
//
// Tasks that wait alike share a line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config.hpp"
#include "duration_text.hpp"
#include "instances_text.hpp"
#include "task_states.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class blocked_tasks_report {
 public:
  explicit blocked_tasks_report(std::vector<task_state> states) : states_{std::move(states)} {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      for (const held_lock& l : states_[i].locks) holders_[l.object].push_back(i);
    }
  }

  // Mentions a task that is not blocked.
  void busy(const task_name& who, const visible_op& doing) {
    text_ += "  " + who.text() + ": busy with " + doing.verb +
             (doing.object != nullptr ? " " + names_.text(doing.kind, doing.object) : "") + ", " +
             call_place{doing.where, {}}.text() + "\n";
  }

  [[nodiscard]] std::string text() {
    for (std::size_t i = 0; i < states_.size(); ++i) find_circle(i);
    struct group {
      std::vector<std::uint64_t> instances;
      std::string others;
      duration longest{};
      std::string holds;
    };
    std::map<std::string, group> groups;
    for (const task_state& s : states_) {
      if (s.wait.empty()) continue;
      const blocked_wait& w = s.wait.front();
      const std::string what = wanted(w) + ", " + w.place.text();
      const std::string holds = held(s);
      group& g = groups[what + holds];
      g.longest = std::max(g.longest, w.blocked_for);
      g.holds = holds;
      if (s.who.is_instance()) {
        g.instances.push_back(s.who.instance);
      } else {
        g.others += (g.others.empty() ? "" : ", ") + s.who.text();
      }
    }
    for (auto& [what, g] : groups) {
      std::sort(g.instances.begin(), g.instances.end());
      std::string who = g.instances.empty() ? "" : instances_text(g.instances);
      if (!g.others.empty()) who += (who.empty() ? "" : ", ") + g.others;
      text_ += "  " + who + ": " + what.substr(0, what.size() - g.holds.size()) + ", for " +
               duration_text(g.longest) + g.holds + "\n";
    }
    return std::move(text_);
  }

 private:
  // Who waits for a lock waits for one that holds it.
  [[nodiscard]] const std::vector<std::size_t>* holders_of(const task_state& s) const {
    if (s.wait.empty()) return nullptr;
    const auto at = holders_.find(s.wait.front().object);
    return at != holders_.end() ? &at->second : nullptr;
  }

  std::string wanted(const blocked_wait& w) {
    const auto at = holders_.find(w.object);
    if (at == holders_.end()) return w.text(names_);
    std::string by;
    for (const std::size_t i : at->second) by += (by.empty() ? "" : ", ") + states_[i].who.text();
    return w.text(names_) + " (held by " + by + ")";
  }
  std::string held(const task_state& s) {
    std::string lines;
    for (const held_lock& l : s.locks) {
      lines += "\n      holds " + names_.text(l.kind, l.object) +
               (l.mode == lock_mode::shared ? ", shared" : "") + ", taken at " + l.place.text();
    }
    return lines;
  }

  // Looks for a way from a task back to itself, through those that hold what is wanted on it.
  void find_circle(std::size_t start) {
    if (holders_of(states_[start]) == nullptr) return;
    std::vector<std::size_t> way{start};
    std::vector<bool> seen(states_.size());
    if (leads_back(start, way, seen)) say_circle(way);
  }
  bool leads_back(std::size_t start, std::vector<std::size_t>& way, std::vector<bool>& seen) {
    const auto* const next = holders_of(states_[way.back()]);
    if (next == nullptr) return false;
    for (const std::size_t i : *next) {
      if (i == start) return true;
      if (i < start || seen[i]) continue;  // a circle is told from its first task
      seen[i] = true;
      way.push_back(i);
      if (leads_back(start, way, seen)) return true;
      way.pop_back();
    }
    return false;
  }
  void say_circle(const std::vector<std::size_t>& way) {
    text_ += "  circle: " + states_[way.front()].who.text();
    for (std::size_t i = 0; i < way.size(); ++i) {
      const blocked_wait& w = states_[way[i]].wait.front();
      text_ += (i > 0 ? ", which wants " : " wants ") + names_.text(w.kind, w.object) +
               ", held by " + states_[way[(i + 1) % way.size()]].who.text();
    }
    text_ += way.size() == 1 ? " itself\n" : "\n";
  }

  const std::vector<task_state> states_;
  std::map<const void*, std::vector<std::size_t>> holders_;
  object_numbers names_;
  std::string text_;
};

// Of all tasks that are blocked now.
[[nodiscard]] inline std::string blocked_report() {
  return blocked_tasks_report{task_states()}.text();
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
