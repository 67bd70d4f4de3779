// report_json.hpp: why a run did not end, and what its tasks wait for, for programs to read.
//
//   {"reason": "deadlock: ...", "run": "seed 7, 12 steps, ...",
//    "circles": [[{"task": "instance 0", "wants": "mutex #1"}, ...]],
//    "blocked": [{"instances": [2, 3], "tasks": [], "operation": "recv channel #3 (rendezvous)",
//                 "held_by": [], "where": {"file": "plan.cpp", "line": 30, "function": "collect"},
//                 "longest_ns": 2000000000,
//                 "holds": [{"lock": "mutex #2", "mode": "exclusive", "where": {...}}],
//                 "stack": [{...}, ...]}],
//    "busy": [{"task": "instance 4", "doing": "signal_entry", "where": {...}}]}
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <ostream>
#include <string>

#include "../detail/config.hpp"
#include "../detail/wait_report.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

namespace json_of {

// All of a list's items, each as f(item).
template <class List, class F>
boost::json::array list(const List& items, F f) {
  boost::json::array a;
  for (const auto& item : items) a.push_back(f(item));
  return a;
}
inline boost::json::object place(const detail::code_line& c) {
  return {{"file", c.file}, {"line", c.line}, {"function", c.function}};
}
inline boost::json::object link(const detail::circle_link& l) {
  return {{"task", l.who}, {"wants", l.wants}};
}
inline boost::json::object hold(const detail::blocked_group::hold& h) {
  return {{"lock", h.lock}, {"mode", h.shared ? "shared" : "exclusive"}, {"where", place(h.place)}};
}
inline boost::json::object group(const detail::blocked_group& g) {
  return {{"instances", boost::json::value_from(g.instances)},
          {"tasks", boost::json::value_from(g.others)},
          {"operation", g.operation},
          {"held_by", boost::json::value_from(g.held_by)},
          {"where", place(g.place)},
          {"longest_ns", g.longest.count()},
          {"holds", list(g.holds, hold)},
          {"stack", list(g.stack, place)}};
}
inline boost::json::object busy(const detail::wait_report::busy_task& b) {
  return {{"task", b.who}, {"doing", b.doing}, {"where", place(b.place)}};
}

}  // namespace json_of

inline void write_report_json(std::ostream& to, const std::string& reason, const std::string& run,
                              const detail::wait_report& waits) {
  const auto circles = json_of::list(
      waits.circles, [](const auto& circle) { return json_of::list(circle, json_of::link); });
  to << boost::json::serialize(
            boost::json::object{{"reason", reason},
                                {"run", run},
                                {"circles", circles},
                                {"blocked", json_of::list(waits.groups, json_of::group)},
                                {"busy", json_of::list(waits.busy, json_of::busy)}})
     << "\n";
}

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
