// trace_svg.hpp: a trace as a picture: a lane a task, time to the right.
//
// Dark boxes are what a task does, light ones what it waits for; lines are wake-ups. A browser shows
// what, where and when of each box beside the pointer (<title>); there is no script in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "trace.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

class trace_svg {
 public:
  // Draws the first lanes and events of the trace, and says what it leaves out.
  static void write(std::ostream& to, const trace& t) { trace_svg{to, t}.draw(); }

 private:
  static constexpr std::size_t most_lanes = 100;
  static constexpr std::size_t most_events = 2'000;  // instants at which something happened
  static constexpr int margin = 10;
  static constexpr int names_width = 160;
  static constexpr int lane_height = 22;
  static constexpr int box_height = 16;
  static constexpr int event_width = 14;

  trace_svg(std::ostream& to, const trace& t) : to_{to}, trace_{t} {
    std::set<std::int64_t> instants;
    for (const auto& s : t.stretches()) {
      instants.insert(s.from);
      instants.insert(s.to);
    }
    for (const std::int64_t i : instants) {
      if (columns_.size() < most_events) columns_.emplace(i, columns_.size());
    }
    for (const auto& [number, name] : t.names()) {
      if (lanes_.size() < most_lanes) lanes_.emplace(number, lanes_.size());
    }
  }

  // Time is drawn by the events in it: each has a column of its own.
  [[nodiscard]] int x(std::int64_t at) const {
    const auto column = columns_.lower_bound(at);
    const std::size_t n = column != columns_.end() ? column->second : columns_.size();
    return margin + names_width + static_cast<int>(n) * event_width;
  }
  [[nodiscard]] int y(std::size_t lane) const { return 34 + static_cast<int>(lane) * lane_height; }
  [[nodiscard]] bool is_drawn(std::int64_t at) const {
    return !columns_.empty() && at <= columns_.rbegin()->first;
  }

  void draw() {
    const int width = margin * 2 + names_width + static_cast<int>(columns_.size()) * event_width;
    const int height = y(lanes_.size()) + margin;
    to_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << std::max(width, 480)
        << "\" height=\"" << height << "\" font-family=\"sans-serif\" font-size=\"12\">\n"
        << "<style>.r{fill:#2b6cb0}.b{fill:#e2e8f0;stroke:#a0aec0}.q{fill:#f6e7b4}"
           "line{stroke:#c05621;stroke-width:1.2}</style>\n"
        << "<text x=\"" << margin << "\" y=\"18\">" << escaped(caption()) << "</text>\n";
    for (const auto& [number, lane] : lanes_) {
      to_ << "<text x=\"" << margin << "\" y=\"" << y(lane) + 13 << "\">"
          << escaped(trace_.names().at(number)) << "</text>\n";
    }
    for (const auto& s : trace_.stretches()) draw(s);
    for (const auto& a : trace_.arrows()) draw(a);
    to_ << "</svg>\n";
  }
  [[nodiscard]] std::string caption() const {
    std::string text = std::to_string(trace_.names().size()) +
                       " tasks; blue: runs, grey: waits, "
                       "yellow: could run";
    if (lanes_.size() < trace_.names().size()) {
      text += "; only the first " + std::to_string(most_lanes) + " tasks are drawn";
    }
    const bool cut = !trace_.stretches().empty() && !is_drawn(trace_.stretches().back().to);
    if (cut || trace_.dropped() > 0) {
      text += "; only the first " + std::to_string(columns_.size()) + " events are drawn";
    }
    return text;
  }
  void draw(const trace::stretch& s) {
    const auto lane = lanes_.find(s.task);
    if (lane == lanes_.end() || !is_drawn(s.from)) return;
    const int from = x(s.from);
    const char* const look = !s.blocked ? "r" : s.what == "ready" ? "q" : "b";
    to_ << "<rect class=\"" << look << "\" x=\"" << from << "\" y=\"" << y(lane->second)
        << "\" width=\"" << std::max(x(s.to) - from, 2) << "\" height=\"" << box_height
        << "\"><title>"
        << escaped(trace_.names().at(s.task) + (s.blocked ? " waits: " : ": ") + s.what)
        << (s.where.empty() ? "" : "\n" + escaped(s.where)) << "\nat "
        << escaped(lockstep::detail::duration_text(duration{s.time})) << "</title></rect>\n";
  }
  void draw(const trace::arrow& a) {
    const auto from = lanes_.find(a.from);
    const auto to = lanes_.find(a.to);
    if (from == lanes_.end() || to == lanes_.end() || !is_drawn(a.at)) return;
    const int at = x(a.at);
    to_ << "<line x1=\"" << at << "\" y1=\"" << y(from->second) + box_height / 2 << "\" x2=\"" << at
        << "\" y2=\"" << y(to->second) + box_height / 2 << "\"><title>"
        << escaped(trace_.names().at(a.from) + " wakes " + trace_.names().at(a.to))
        << "</title></line>\n";
  }

  static std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
      switch (c) {
        case '&': safe += "&amp;"; break;
        case '<': safe += "&lt;"; break;
        case '>': safe += "&gt;"; break;
        case '"': safe += "&quot;"; break;
        default: safe += static_cast<unsigned char>(c) < 32 && c != '\n' ? ' ' : c;
      }
    }
    return safe;
  }

  std::ostream& to_;
  const trace& trace_;
  std::map<std::int64_t, std::size_t> columns_;
  std::map<std::uint64_t, std::size_t> lanes_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::sim
