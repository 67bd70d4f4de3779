// trace_json.hpp: the trace of a simulation in the Trace Event Format, which ui.perfetto.dev and
// chrome://tracing open: a track a task, with what it does and waits for, and arrows for wake-ups.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <ostream>

#include "../detail/config.hpp"
#include "../sim/trace.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

// Times are in microseconds, with nanoseconds as fractions.
inline void write_trace_json(std::ostream& to, const sim::trace& t) {
  using boost::json::object;
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
  to << "{\"displayTimeUnit\":\"ns\",\"otherData\":"
     << boost::json::serialize(object{{"dropped", t.dropped()}}) << ",\"traceEvents\":[\n"
     << boost::json::serialize(object{{"name", "process_name"},
                                      {"ph", "M"},
                                      {"pid", 1},
                                      {"args", object{{"name", "simulation"}}}});
  const auto write = [&](const object& event) { to << ",\n" << boost::json::serialize(event); };
  for (const auto& [number, name] : t.names()) {
    write({{"name", "thread_name"},
           {"ph", "M"},
           {"pid", 1},
           {"tid", number},
           {"args", object{{"name", name}}}});
  }
  for (const auto& s : t.stretches()) {
    write({{"name", s.what},
           {"cat", s.blocked ? "waits" : "runs"},
           {"ph", "X"},
           {"ts", us(s.from)},
           {"dur", us(s.to - s.from)},
           {"pid", 1},
           {"tid", s.task},
           {"args", object{{"where", s.where}, {"time_ns", s.time}, {"waits", s.blocked}}}});
  }
  std::uint64_t id = 0;
  for (const auto& a : t.arrows()) {
    ++id;
    write({{"name", "wakes"},
           {"cat", "wake"},
           {"ph", "s"},
           {"id", id},
           {"ts", us(a.at)},
           {"pid", 1},
           {"tid", a.from}});
    write({{"name", "wakes"},
           {"cat", "wake"},
           {"ph", "f"},
           {"bp", "e"},
           {"id", id},
           {"ts", us(a.at)},
           {"pid", 1},
           {"tid", a.to}});
  }
  to << "\n]}\n";
}

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
