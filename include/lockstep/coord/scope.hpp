// scope.hpp: the part of a backend that belongs to one run, as one of its instances sees it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../clock.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/any.hpp"
#include "backend.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

struct scope {
  std::shared_ptr<coord::backend> backend;
  std::string run;              // "" outside of a run
  participant self = nobody;    // index of this instance
  std::uint64_t instances = 0;  // of the run; 0: unknown

  // The full name of an object: "run/kind/name". Throws error{unsupported} for a name that is
  // empty, longer than 256 bytes or not printable.
  [[nodiscard]] std::string key(const char* kind, const std::string& name) const {
    const auto printable = [](char c) {
      return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
    };
    const char* wrong = name.empty()        ? "is empty"
                        : name.size() > 256 ? "is over 256 bytes long"
                        : !std::all_of(name.begin(), name.end(), printable)
                            ? "holds control characters"
                            : nullptr;
    if (wrong != nullptr) {
      detail::raise(status::unsupported, std::string{"the name of a "} + kind + " " + wrong +
                                             ": '" + name.substr(0, 64) + "'");
    }
    return run + '/' + kind + '/' + name;
  }
};

// "instances 2, 4, 7"; if there are many, the first ten "and 12 more".
[[nodiscard]] inline std::string instances_text(const std::vector<participant>& who) {
  constexpr std::size_t shown = 10;
  std::string text = who.size() == 1 ? "instance " : "instances ";
  for (std::size_t i = 0; i < std::min(who.size(), shown); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(who[i]);
  }
  if (who.size() > shown) text += " and " + std::to_string(who.size() - shown) + " more";
  return text;
}

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

// A duration for people: "20 us", "250 ms", "1.5 s", "2 min".
[[nodiscard]] inline std::string duration_text(duration d) {
  static constexpr struct {
    double seconds;
    const char* name;
  } units[] = {{60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
  const double s = std::chrono::duration<double>(d).count();
  const auto* unit = units;
  while (unit->seconds > 1e-6 && s < unit->seconds * (unit->seconds == 60 ? 2 : 0.9995)) ++unit;
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", s / unit->seconds, unit->name);
  return text;
}

// Waits until arm(alarm) says that what it waits for is there, whatever rings in between.
// Outcomes: ok, would_block, timeout, cancelled, and session_lost once `end` has ended.
template <class Arm, class Disarm>
status await(const detail::limit& lim, const context& end, const detail::visible_op& what, Arm arm,
             Disarm disarm) {
  constexpr int rang = 0;
  constexpr int ended = 1;
  detail::checkpoint<any_runtime>([&] { return what; });
  for (status s = lim.before();;) {
    if (s != status::ok) return s;
    detail::waiter<any_runtime> op;
    detail::waiter_alarm<any_runtime> bell{op, rang};
    if (arm(bell)) return status::ok;
    detail::cancel_registration<any_runtime> at_end{op, detail::limit::of(end).ctx, ended};
    detail::cancel_registration<any_runtime> at_cancel{op, lim.ctx, detail::fired_cancelled};
    detail::observation<any_runtime> seen;
    // What ends the wait before it begins has to win the claim, too.
    int fired = !at_end.arm()      ? ended
                : !at_cancel.arm() ? detail::fired_cancelled
                : lim.poll         ? detail::fired_timeout
                                   : rang;
    if (fired == rang) {
      seen.begin(op, what, lim.deadline == never);
      fired = op.wait(lim.deadline);
    } else if (!op.claim(fired)) {
      fired = op.wait(never);
    }
    disarm(bell);
    at_cancel.disarm();
    at_end.disarm();
    seen.finish();
    switch (fired) {
      case rang: break;  // look again
      case ended: s = status::session_lost; break;
      case detail::fired_cancelled: s = lim.ctx->now_status(); break;
      default: s = lim.poll ? status::would_block : status::timeout;
    }
  }
}

// A URL as it may be shown: without what may be a password, before an '@' or in the query.
[[nodiscard]] inline std::string without_secrets(const std::string& url) {
  std::string shown = url.substr(0, url.find('?'));
  const auto at = shown.rfind('@');
  if (at == std::string::npos) return shown;
  const auto slashes = shown.find("//");
  const auto begin = slashes < at ? slashes + 2 : std::min(shown.find(':') + 1, at);
  return shown.erase(begin, at + 1 - begin);
}

// Opens the backend a URL names. Throws error{unsupported} for an unknown scheme.
[[nodiscard]] inline std::shared_ptr<backend> open(const std::string& url) {
  const auto colon = url.find(':');
  std::string known;
  for (const scheme* s = schemes; s != nullptr; s = s->next) {
    if (colon != std::string::npos && url.compare(0, colon, s->name) == 0) {
      return s->open(url.substr(colon + 1));
    }
    known += (known.empty() ? "" : ", ") + std::string{s->name};
  }
  detail::raise(status::unsupported,
                "backend '" + without_secrets(url) + "' is not built in (built in: " + known + ")");
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
