// local.hpp: coordination inside one process.
//
// connect("local:") clients of one process meet in one world; "local:NAME" is another. A plan run
// has a world of its own. Values pass by reference count, never encoded.
//
// Complexity: to find an object is one hash look-up, a step one lock; a signal that completes no barrier
// is O(1), one that does O(waiters of that state, and those who gave up since there was none).
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
#include "../detail/alarm_bag.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../runtime/short_lock.hpp"
#include "local_roster.hpp"
#include "local_session.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

class local_counter final : public counter {
 public:
  outcome<std::uint64_t> add(std::uint64_t delta, participant who) override {
    std::uint64_t count = 0;
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      if (delta > most - count_) return {status::unsupported, "it would not fit into 63 bits"};
      if (who != nobody && delta != 0) signalled_.push_back(who);
      count = count_ += delta;
      alarms_.claim(count, claimed);
    }
    claimed.wake();
    return outcome<std::uint64_t>{std::in_place, count};
  }
  std::uint64_t get() override {
    const std::lock_guard hold{lock_};
    return count_;
  }
  bool arm(std::uint64_t at_least, participant who, detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    if (count_ >= at_least) return true;
    a.threshold = at_least;
    a.who = who;
    alarms_.add(a);
    return false;
  }
  void disarm(detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    alarms_.remove(a);
  }
  coord::progress progress() override {
    const std::lock_guard hold{lock_};
    coord::progress p{count_, signalled_, {}};
    alarms_.for_each([&p](const detail::alarm& a) {
      if (a.who != nobody) p.waiting.push_back(a.who);
    });
    return p;
  }
  std::uint64_t revision() override {
    const std::lock_guard hold{lock_};
    return count_ + alarms_.changes();
  }
  void ring_all() noexcept {
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      alarms_.claim_all(claimed);
    }
    claimed.wake();
  }

 private:
  static constexpr std::uint64_t most = ~std::uint64_t{0} >> 1U;

  detail::short_lock lock_;
  std::uint64_t count_ = 0;
  detail::alarm_bag alarms_;
  std::vector<participant> signalled_;
};

class local_log final : public log {
 public:
  outcome<std::uint64_t> append(payload entry) override {
    std::uint64_t seq = 0;
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      if (const auto wrong = mismatch(*entry.type); !wrong.empty()) {
        return {status::mismatch, wrong};
      }
      entries_.push_back(std::move(entry));
      seq = entries_.size();
      alarms_.claim(seq, claimed);
    }
    claimed.wake();
    return outcome<std::uint64_t>{std::in_place, seq};
  }
  outcome<payload> read(std::uint64_t seq, const detail::type_tag& type) override {
    const std::lock_guard hold{lock_};
    if (const auto wrong = mismatch(type); !wrong.empty()) return {status::mismatch, wrong};
    if (seq > entries_.size()) return status::would_block;
    return outcome<payload>{std::in_place, entries_[static_cast<std::size_t>(seq - 1)]};
  }
  std::uint64_t last() override {
    const std::lock_guard hold{lock_};
    return entries_.size();
  }
  bool arm(std::uint64_t seq, detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    if (seq <= entries_.size()) return true;
    a.threshold = seq;
    alarms_.add(a);
    return false;
  }
  void disarm(detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    alarms_.remove(a);
  }
  void ring_all() noexcept {
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      alarms_.claim_all(claimed);
    }
    claimed.wake();
  }

 private:
  // What to say if entries are of another type than this; empty if they are not.
  [[nodiscard]] std::string mismatch(const detail::type_tag& type) const {
    if (entries_.empty() || entries_.front().type->is(type)) return {};
    return "it carries " + entries_.front().type->name() + ", not " + type.name();
  }

  detail::short_lock lock_;
  std::deque<payload> entries_;
  detail::alarm_bag alarms_;
};

class local_cell final : public cell {
 public:
  explicit local_cell(local_numbers& numbers) noexcept : numbers_{numbers} {}

  cell_state get() override {
    const std::lock_guard hold{lock_};
    return state_;
  }
  outcome<std::uint64_t> put(payload v, expected e) override {
    payload old;  // destroyed with nothing locked
    std::uint64_t version = 0;
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      if (e.token() != 0 && e.token() < fence_) return status::stale_token;
      if (!e.admits(state_)) return status::conflict;
      if (state_.exists() && v.value != nullptr && !state_.value.type->is(*v.type)) {
        return {status::mismatch,
                "it holds " + state_.value.type->name() + ", not " + v.type->name()};
      }
      fence_ = std::max(fence_, e.token());
      old = std::exchange(state_.value, std::move(v));
      version = state_.version = numbers_.next();
      alarms_.claim(version, claimed);
    }
    claimed.wake();
    return outcome<std::uint64_t>{std::in_place, version};
  }
  status fence(std::uint64_t token) override {
    const std::lock_guard hold{lock_};
    if (token < fence_) return status::stale_token;
    fence_ = token;
    return status::ok;
  }
  bool arm(std::uint64_t version, detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    if (state_.version > version) return true;
    a.threshold = version + 1;
    alarms_.add(a);
    return false;
  }
  void disarm(detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    alarms_.remove(a);
  }
  void ring_all() noexcept {
    detail::claimed_alarms claimed;
    {
      const std::lock_guard hold{lock_};
      alarms_.claim_all(claimed);
    }
    claimed.wake();
  }

 private:
  detail::short_lock lock_;
  local_numbers& numbers_;
  cell_state state_;
  std::uint64_t fence_ = 0;  // the greatest token that was there
  detail::alarm_bag alarms_;
};

// Everything that the clients of one world share.
class local_world final : public backend {
 public:
  counter& counter_named(const std::string& name) override { return counters_.at(name); }
  log& log_named(const std::string& name) override { return logs_.at(name); }
  cell& cell_named(const std::string& name) override { return cells_.at(name, numbers_); }
  roster& roster_named(const std::string& name, const roster_rule& rule) override {
    return rosters_.at(name, rule, numbers_);
  }
  std::unique_ptr<session> open_session() override {
    return std::make_unique<local_session>(session_.context(), [this](local_session& gone) {
      for (local_roster* const r : rosters_.all()) r->drop(gone);  // destroys users' values
    });
  }

  [[nodiscard]] context lost() const override { return session_.context(); }
  // Ends the session of every client of this world.
  void end() noexcept {
    session_.cancel();
    const auto ring = [](auto& object) { object.ring_all(); };
    counters_.for_each(ring);
    logs_.for_each(ring);
    cells_.for_each(ring);
    rosters_.for_each(ring);
  }

 private:
  // Objects by name, made at first use, at a stable address.
  template <class Object>
  class directory {
   public:
    template <class... Args>
    Object& at(const std::string& name, Args&&... made_with) {
      const std::lock_guard hold{lock_};
      return objects_.try_emplace(name, std::forward<Args>(made_with)...).first->second;
    }
    std::vector<Object*> all() {
      const std::lock_guard hold{lock_};
      std::vector<Object*> every;
      for (auto& [name, object] : objects_) every.push_back(&object);
      return every;
    }
    template <class F>
    void for_each(F f) noexcept {
      const std::lock_guard hold{lock_};
      for (auto& [name, object] : objects_) f(object);
    }

   private:
    std::mutex lock_;
    std::unordered_map<std::string, Object> objects_;
  };

  local_numbers numbers_;
  directory<local_counter> counters_;
  directory<local_log> logs_;
  directory<local_cell> cells_;
  directory<local_roster> rosters_;
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
