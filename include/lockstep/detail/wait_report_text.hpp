// wait_report_text.hpp: who waits for what, and for whom, in words.
//
//   circle: instance 0 wants mutex #1, held by instance 1, which wants mutex #2, held by instance 0
//   instance 0: lock mutex #1 (held by instance 1), plan.cpp:12 in transfer, for 2 s
//       holds mutex #2, taken at plan.cpp:11 in transfer
//   instances 2, 3: recv channel #3 (rendezvous), plan.cpp:30 in collect, for 2 s
//
// Tasks that wait alike share a line. Where stacks are kept, each line is followed by its callers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config.hpp"
#include "duration_text.hpp"
#include "instances_text.hpp"
#include "wait_report.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// "a, b"
[[nodiscard]] inline std::string list_text(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

[[nodiscard]] inline std::string circle_text(const std::vector<circle_link>& circle) {
  std::string text = "circle: " + circle.front().who;
  for (std::size_t i = 0; i < circle.size(); ++i) {
    text += (i > 0 ? ", which wants " : " wants ") + circle[i].wants + ", held by " +
            circle[(i + 1) % circle.size()].who;
  }
  return circle.size() == 1 ? text + " itself" : text;
}

[[nodiscard]] inline std::string group_text(const blocked_group& g) {
  std::string text = g.instances.empty() ? "" : instances_text(g.instances);
  if (!g.others.empty()) text += (text.empty() ? "" : ", ") + list_text(g.others);
  text += ": " + g.operation;
  if (!g.held_by.empty()) text += " (held by " + list_text(g.held_by) + ")";
  text += ", " + line_text(g.place) + ", for " + duration_text(g.longest);
  for (std::size_t i = 1; i < g.stack.size(); ++i) {
    text += "\n      called by " + line_text(g.stack[i]);
  }
  for (const auto& h : g.holds) {
    text += "\n      holds " + h.lock + (h.shared ? ", shared" : "") + ", taken at " +
            line_text(h.place);
  }
  return text;
}

[[nodiscard]] inline std::string wait_report_text(const wait_report& r) {
  std::string text;
  for (const auto& b : r.busy) {
    text += "  " + b.who + ": busy with " + b.doing + ", " + line_text(b.place) + "\n";
  }
  for (const auto& c : r.circles) text += "  " + circle_text(c) + "\n";
  for (const auto& g : r.groups) text += "  " + group_text(g) + "\n";
  return text;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
