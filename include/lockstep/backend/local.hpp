// local.hpp: coordination inside one process.
//
// connect("local:") clients of one process meet in one world; "local:NAME" is another. A plan run
// has a world of its own. Values pass by reference count, never encoded.
//
// Complexity: a step is one hash look-up and one lock; a signal that completes no barrier is O(1),
// one that does is O(waiters of that state).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../context.hpp"
#include "../coord/backend.hpp"
#include "../coord/scheme.hpp"
#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/short_lock.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Everything that the clients of one world share.
class local_world final : public backend {
 public:
  outcome<std::uint64_t> counter_add(const std::string& name, participant who) override {
    counter& c = counters_.at(name);
    detail::alarm* woken = nullptr;
    std::uint64_t count = 0;
    {
      const std::lock_guard hold{c.lock};
      if (who != nobody) c.signalled.push_back(who);
      count = ++c.count;
      if (count >= c.next_threshold) c.ring(woken);
    }
    detail::alarm_list::wake(woken);
    return outcome<std::uint64_t>{std::in_place, count};
  }

  std::uint64_t counter_get(const std::string& name) override {
    counter& c = counters_.at(name);
    const std::lock_guard hold{c.lock};
    return c.count;
  }

  bool counter_arm(const std::string& name, std::uint64_t at_least, participant who,
                   detail::alarm& a) override {
    counter& c = counters_.at(name);
    const std::lock_guard hold{c.lock};
    if (c.count >= at_least) return true;
    a.threshold = at_least;
    c.next_threshold = std::min(c.next_threshold, at_least);
    a.who = who;
    c.alarms.add(a);
    return false;
  }

  void counter_disarm(const std::string& name, detail::alarm& a) override {
    counter& c = counters_.at(name);
    const std::lock_guard hold{c.lock};
    c.alarms.remove(a);
  }

  progress counter_progress(const std::string& name) override {
    counter& c = counters_.at(name);
    const std::lock_guard hold{c.lock};
    progress p{c.count, c.signalled, {}};
    c.alarms.for_each([&p](const detail::alarm& a) {
      if (a.who != nobody) p.waiting.push_back(a.who);
    });
    return p;
  }

  outcome<std::uint64_t> log_append(const std::string& name, payload entry) override {
    log& l = logs_.at(name);
    detail::alarm* woken = nullptr;
    std::uint64_t seq = 0;
    {
      const std::lock_guard hold{l.lock};
      if (const auto wrong = l.mismatch(*entry.type); !wrong.empty()) {
        return {status::mismatch, wrong};
      }
      l.entries.push_back(std::move(entry));
      seq = l.entries.size();
      l.alarms.claim_if([seq](const detail::alarm& a) { return a.threshold <= seq; }, woken);
    }
    detail::alarm_list::wake(woken);
    return outcome<std::uint64_t>{std::in_place, seq};
  }

  outcome<payload> log_read(const std::string& name, std::uint64_t seq,
                            const detail::type_tag& type) override {
    log& l = logs_.at(name);
    const std::lock_guard hold{l.lock};
    if (const auto wrong = l.mismatch(type); !wrong.empty()) return {status::mismatch, wrong};
    if (seq > l.entries.size()) return status::would_block;
    return outcome<payload>{std::in_place, l.entries[static_cast<std::size_t>(seq - 1)]};
  }

  std::uint64_t log_last(const std::string& name) override {
    log& l = logs_.at(name);
    const std::lock_guard hold{l.lock};
    return l.entries.size();
  }

  bool log_arm(const std::string& name, std::uint64_t seq, detail::alarm& a) override {
    log& l = logs_.at(name);
    const std::lock_guard hold{l.lock};
    if (seq <= l.entries.size()) return true;
    a.threshold = seq;
    l.alarms.add(a);
    return false;
  }

  void log_disarm(const std::string& name, detail::alarm& a) override {
    log& l = logs_.at(name);
    const std::lock_guard hold{l.lock};
    l.alarms.remove(a);
  }

  [[nodiscard]] context lost() const override { return session_.context(); }
  // Ends the session of every client of this world.
  void end() noexcept { session_.cancel(); }

 private:
  struct counter {
    void ring(detail::alarm*& woken) noexcept {
      next_threshold = ~std::uint64_t{0};
      alarms.claim_if(
          [this](const detail::alarm& a) {
            if (a.threshold <= count) return true;
            next_threshold = std::min(next_threshold, a.threshold);
            return false;
          },
          woken);
    }

    detail::short_lock lock;
    std::uint64_t count = 0;
    std::uint64_t next_threshold = ~std::uint64_t{0};
    detail::alarm_list alarms;
    std::vector<participant> signalled;
  };

  struct log {
    // What to say if entries are of another type than this; empty if they are not.
    [[nodiscard]] std::string mismatch(const detail::type_tag& type) const {
      if (entries.empty() || entries.front().type->is(type)) return {};
      return "it carries " + entries.front().type->name() + ", not " + type.name();
    }

    detail::short_lock lock;
    std::deque<payload> entries;
    detail::alarm_list alarms;
  };

  // Objects by name, made at first use, at a stable address.
  template <class Object>
  class directory {
   public:
    Object& at(const std::string& name) {
      const std::lock_guard hold{lock_};
      return objects_[name];
    }

   private:
    std::mutex lock_;
    std::unordered_map<std::string, Object> objects_;
  };

  directory<counter> counters_;
  directory<log> logs_;
  cancel_scope session_;
};

// The world of this name, made when first asked for; kept until the process ends.
inline std::shared_ptr<local_world> local_world_named(const std::string& name) {
  struct worlds_by_name {
    std::mutex lock;
    std::unordered_map<std::string, std::shared_ptr<local_world>> worlds;
  };
  static auto& all = *new worlds_by_name;  // never destroyed: tasks may outlive main
  const std::lock_guard hold{all.lock};
  auto& world = all.worlds[name];
  if (world == nullptr) world = std::make_shared<local_world>();
  return world;
}

inline scheme local_scheme{"local", [](const std::string& rest) -> std::shared_ptr<backend> {
                             if (rest.find_first_of("?/ ") != std::string::npos) {
                               detail::raise(status::unsupported,
                                             "backend 'local:" + rest +
                                                 "': expected local: or local:NAME, and the name "
                                                 "may not hold '?', '/' or spaces");
                             }
                             return local_world_named(rest);
                           }};
inline const scheme_registration local_registered{local_scheme};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
