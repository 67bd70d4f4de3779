// wait_report.hpp: who waits for what, and for whom, as data: to be put into words, or into JSON.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config.hpp"
#include "place_text.hpp"
#include "task_states.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Tasks that wait alike: for the same object, at the same place, holding the same.
struct blocked_group {
  struct hold {
    std::string lock;  // "mutex #2"
    bool shared;
    code_line place;
  };
  std::vector<std::uint64_t> instances;  // of a plan, in order
  std::vector<std::string> others;       // tasks that are no instances
  std::string operation;                 // "recv channel #1 (rendezvous)"
  std::vector<std::string> held_by;      // if it is a lock
  code_line place;
  duration longest{};
  std::vector<hold> holds;
  std::vector<code_line> stack;  // of one of them, if stacks are kept
};

// One that waits for a lock that the next one holds, or, for the last one, the first.
struct circle_link {
  std::string who;
  std::string wants;
};

struct wait_report {
  struct busy_task {
    std::string who;
    std::string doing;  // "lock mutex #1"
    code_line place;
  };
  std::vector<std::vector<circle_link>> circles;
  std::vector<blocked_group> groups;
  std::vector<busy_task> busy;  // that do not wait
};

// Puts the states of tasks together.
class wait_reporter {
 public:
  explicit wait_reporter(std::vector<task_state> states) : states_{std::move(states)} {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      for (const held_lock& l : states_[i].locks) holders_[l.object].push_back(i);
    }
  }

  // Mentions a task that is not blocked.
  void busy(const task_name& who, const visible_op& doing) {
    found_.busy.push_back(
        {who.text(),
         doing.verb + (doing.object != nullptr ? " " + names_.text(doing.kind, doing.object) : ""),
         call_place{doing.where, {}}.line()});
  }

  [[nodiscard]] wait_report report() {
    for (std::size_t i = 0; i < states_.size(); ++i) find_circle(i);
    std::map<std::string, blocked_group> groups;
    for (const task_state& s : states_) {
      if (!s.wait.empty()) put(s, groups);
    }
    for (auto& [key, g] : groups) {
      std::sort(g.instances.begin(), g.instances.end());
      found_.groups.push_back(std::move(g));
    }
    return std::move(found_);
  }

 private:
  void put(const task_state& s, std::map<std::string, blocked_group>& groups) {
    const blocked_wait& w = s.wait.front();
    blocked_group g;
    g.operation = w.text(names_);
    g.place = w.place.line();
    if (const auto* const by = holders_of(s)) {
      for (const std::size_t i : *by) g.held_by.push_back(states_[i].who.text());
    }
    std::string key = g.operation + line_text(g.place);
    for (const held_lock& l : s.locks) {
      g.holds.push_back(
          {names_.text(l.kind, l.object), l.mode == lock_mode::shared, l.place.line()});
      key += g.holds.back().lock + line_text(g.holds.back().place);
    }
    if (stacks_wanted.load(std::memory_order_relaxed) != 0) g.stack = w.place.stack();
    for (const code_line& c : g.stack) key += line_text(c);
    blocked_group& group = groups.try_emplace(key, std::move(g)).first->second;
    group.longest = std::max(group.longest, w.blocked_for);
    if (s.who.is_instance()) {
      group.instances.push_back(s.who.instance);
    } else {
      group.others.push_back(s.who.text());
    }
  }

  // Who waits for a lock waits for one that holds it.
  [[nodiscard]] const std::vector<std::size_t>* holders_of(const task_state& s) const {
    if (s.wait.empty()) return nullptr;
    const auto at = holders_.find(s.wait.front().object);
    return at != holders_.end() ? &at->second : nullptr;
  }

  // Looks for a way from a task back to itself, through those that hold what is wanted on it.
  void find_circle(std::size_t start) {
    if (holders_of(states_[start]) == nullptr) return;
    std::vector<std::size_t> way{start};
    std::vector<bool> seen(states_.size());
    if (leads_back(start, way, seen)) keep_circle(way);
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
  void keep_circle(const std::vector<std::size_t>& way) {
    auto& circle = found_.circles.emplace_back();
    for (const std::size_t i : way) {
      const blocked_wait& w = states_[i].wait.front();
      circle.push_back({states_[i].who.text(), names_.text(w.kind, w.object)});
    }
  }

  const std::vector<task_state> states_;
  std::map<const void*, std::vector<std::size_t>> holders_;
  object_numbers names_;
  wait_report found_;
};

// Of all tasks that are blocked now.
[[nodiscard]] inline wait_report report_of_waits() { return wait_reporter{task_states()}.report(); }

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
