// local_roster.hpp: a roster in one process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "../coord/roster.hpp"
#include "../coord/session.hpp"
#include "../detail/alarm.hpp"
#include "../detail/alarm_bag.hpp"
#include "../detail/config.hpp"
#include "../runtime/short_lock.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Numbers of changes and tickets of one world, each greater than those before.
class local_numbers {
 public:
  std::uint64_t next() noexcept { return last_.fetch_add(1, std::memory_order_relaxed) + 1; }

 private:
  std::atomic<std::uint64_t> last_{0};
};

// Complexity: O(1) for each ticket, but for view() and drop(), which look at all.
class local_roster final : public roster {
 public:
  local_roster(const roster_rule& rule, local_numbers& numbers) noexcept
      : rule_{rule}, numbers_{numbers} {}

  outcome<joined> join(session& of, participant who, const terms& t, payload value,
                       bool at_once) override {
    return changing([&](freed& free) -> outcome<joined> {
      if (of.is_over()) return status::session_lost;
      if (at_once && (rule_.gather != 0 || waiting_ != none || !fits(t))) {
        return status::would_block;
      }
      const std::size_t place = take_place();
      entry& e = entries_[place];
      e.number = numbers_.next();
      e.of = &of;
      e.who = who;
      e.is = t;
      e.at = {};
      e.value = std::move(value);
      e.before = last_;
      e.after = none;
      (last_ != none ? entries_[last_].after : first_) = place;
      last_ = place;
      if (waiting_ == none) waiting_ = place;
      ++linked_;
      ++taken_;
      changed(free.alarms);
      return outcome<joined>{std::in_place, joined{{e.number, place}, e.at.is == where::is_in}};
    });
  }
  void leave(ticket t) noexcept override {
    changing([&](freed& free) {
      if (find(t) == nullptr) return;
      take_out(t.place, free);
      changed(free.alarms);
    });
  }
  bool withdraw(ticket t) noexcept override {
    return changing([&](freed& free) {
      const entry* const e = find(t);
      if (e != nullptr && e->at.is == where::is_in) return false;
      if (e == nullptr) return true;
      take_out(t.place, free);
      changed(free.alarms);
      return true;
    });
  }
  bool narrow(ticket t, terms to) noexcept override {
    return changing([&](freed& free) {
      entry* const e = find(t);
      if (e == nullptr || e->at.is != where::is_in || (to.exclusive && !e->is.exclusive) ||
          to.weight > (e->is.exclusive ? rule_.permits : e->is.weight)) {
        return false;
      }
      count_out(*e);
      e->is = to;
      count_in(*e);
      changed(free.alarms);
      return true;
    });
  }
  bool replace(ticket t, payload value) override {
    return changing([&](freed& free) {
      entry* const e = find(t);
      if (e == nullptr) return false;
      std::swap(e->value, value);
      changed(free.alarms);
      return true;
    });
  }
  std::optional<standing> standing_of(ticket t) override {
    const std::lock_guard hold{lock_};
    const entry* const e = find(t);
    return e != nullptr ? std::optional{e->at} : std::nullopt;
  }
  bool arm(ticket t, detail::alarm& a) override {
    const std::lock_guard hold{lock_};
    entry* const e = find(t);
    if (e == nullptr) return false;
    if (e->at.is != where::waits) return true;
    e->alarm = &a;
    return false;
  }
  void disarm(ticket t, detail::alarm& a) noexcept override {
    const std::lock_guard hold{lock_};
    entry* const e = find(t);
    if (e != nullptr && e->alarm == &a) e->alarm = nullptr;
  }

  roster_view view() override {
    const std::lock_guard hold{lock_};
    roster_view v{{}, revision_};
    for (std::size_t i = first_; i != none; i = entries_[i].after) {
      const entry& e = entries_[i];
      v.members.push_back({e.number, e.who, e.at.is == where::is_in, e.value});
    }
    return v;
  }
  roster_summary summary() override {
    const std::lock_guard hold{lock_};
    roster_summary s{.in = inside_, .waiting = linked_ - inside_};
    std::size_t at = first_;
    for (std::size_t i = 0; i < s.in && i < roster_summary::most_named; ++i) {
      s.first[i] = entries_[at].who;
      at = entries_[at].after;
    }
    return s;
  }
  bool arm_change(std::uint64_t revision, detail::alarm& a) override {
    return arm_in(changes_, revision_, revision + 1, a);
  }
  void disarm_change(detail::alarm& a) noexcept override { disarm_in(changes_, a); }
  bool arm_end(std::uint64_t round, detail::alarm& a) override {
    return arm_in(ends_, ended_, round, a);
  }
  void disarm_end(detail::alarm& a) noexcept override { disarm_in(ends_, a); }
  std::uint64_t lost_of(std::uint64_t round) override {
    const std::lock_guard hold{lock_};
    const auto lost = lost_.find(round);
    return lost != lost_.end() ? lost->second : 0;
  }

  // Takes out all that this session has here, which enters no more. O(1) if nobody has anything; else
  // O(places).
  void drop(const session& of) {
    std::size_t dead = none;
    changing([&](freed& free) {
      for (std::size_t i = 0; i < entries_.size() && taken_ != 0; ++i) {
        entry& e = entries_[i];
        if (e.of != &of) continue;
        if (e.at.is == where::is_in && rule_.gather != 0 && !rule_.breaks) ++lost_[e.at.round];
        remove(i, free.alarms);
        e.after = std::exchange(dead, i);
      }
      if (dead != none) changed(free.alarms);
    });
    while (dead != none) {
      changing([&](freed& free) { bury(std::exchange(dead, entries_[dead].after), free); });
    }
  }
  // Of those who wait for others; who waits for its own ticket learns of the end by its session's.
  void ring_all() noexcept {
    changing([&](freed& free) {
      changes_.claim_all(free.alarms);
      ends_.claim_all(free.alarms);
    });
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  using where = standing::where;

  struct entry {
    std::uint64_t number = 0;  // 0: the place is free
    const session* of = nullptr;
    participant who = nobody;
    terms is{};
    standing at{};
    payload value{};
    detail::alarm* alarm = nullptr;
    std::size_t before = none;
    std::size_t after = none;  // in order; or the next free place
  };

  // What an operation leaves to be done once nothing is locked.
  struct freed {
    payload value;  // to be destroyed
    detail::alarm_chain alarms;
    ~freed() { alarms.wake(); }
  };
  // Runs f under the lock.
  template <class F>
  std::invoke_result_t<F, freed&> changing(F f) {
    freed after;
    const std::lock_guard hold{lock_};
    return f(after);
  }
  bool arm_in(detail::alarm_bag& alarms, const std::uint64_t& reached, std::uint64_t due,
              detail::alarm& a) {
    const std::lock_guard hold{lock_};
    if (reached >= due) return true;
    a.threshold = due;
    alarms.add(a);
    return false;
  }
  void disarm_in(detail::alarm_bag& alarms, detail::alarm& a) noexcept {
    const std::lock_guard hold{lock_};
    alarms.remove(a);
  }

  [[nodiscard]] entry* find(ticket t) noexcept {
    const bool is_here = t.place < entries_.size() && entries_[t.place].number == t.number;
    return is_here && t.number != 0 ? &entries_[t.place] : nullptr;
  }
  std::size_t take_place() {
    if (free_ != none) return std::exchange(free_, entries_[free_].after);
    entries_.emplace_back();
    return entries_.size() - 1;
  }
  void count_in(const entry& e) noexcept {
    ++inside_;
    weight_ += e.is.weight;
    if (e.is.exclusive) excludes_ = true;
  }
  void count_out(const entry& e) noexcept {
    --inside_;
    weight_ -= e.is.weight;
    if (e.is.exclusive) excludes_ = false;
  }
  [[nodiscard]] bool fits(const terms& t) const noexcept {
    if (excludes_) return false;
    return t.exclusive ? inside_ == 0 : t.weight <= rule_.permits - weight_;
  }
  // The first that waits has waited enough.
  void end_wait(where how, detail::alarm_chain& claimed) noexcept {
    entry& e = entries_[waiting_];
    waiting_ = e.after;
    e.at.is = how;
    detail::alarm* const a = std::exchange(e.alarm, nullptr);
    if (a != nullptr && a->claim(*a)) claimed.add(*a);
  }
  void let_in(detail::alarm_chain& claimed) noexcept {
    count_in(entries_[waiting_]);
    end_wait(where::is_in, claimed);
  }
  // After any change: lets in as many as can be.
  void changed(detail::alarm_chain& claimed) noexcept {
    if (rule_.gather == 0) {
      while (waiting_ != none && fits(entries_[waiting_].is)) let_in(claimed);
    }
    // (Those who only meet, and break, leave by themselves: the next need not wait for that.)
    while (rule_.gather != 0 && linked_ - inside_ >= rule_.gather &&
           (inside_ == 0 || rule_.breaks)) {
      ++round_;
      for (std::uint64_t rank = 0; rank < rule_.gather; ++rank) {
        entries_[waiting_].at = {.round = round_, .rank = rank};
        let_in(claimed);
      }
    }
    changes_.claim(++revision_, claimed);
  }
  void unlink(entry& e) noexcept {
    (e.before != none ? entries_[e.before].after : first_) = e.after;
    (e.after != none ? entries_[e.after].before : last_) = e.before;
    --linked_;
  }
  // At most once under one lock.
  void take_out(std::size_t place, freed& free) noexcept {
    remove(place, free.alarms);
    bury(place, free);
  }
  void remove(std::size_t place, detail::alarm_chain& claimed) noexcept {
    entry& e = entries_[place];
    const where was = e.at.is;
    if (was == where::is_in) count_out(e);
    if (place == waiting_) waiting_ = e.after;
    if (was != where::broken) unlink(e);
    --taken_;
    e.number = 0;
    e.of = nullptr;
    e.alarm = nullptr;
    if (was == where::is_in && inside_ == 0) ends_.claim(ended_ = round_, claimed);
    if (was == where::waits && rule_.breaks) break_round(claimed);
  }
  // The place of one that was removed is for others.
  void bury(std::size_t place, freed& free) noexcept {
    free.value = std::move(entries_[place].value);
    entries_[place].after = std::exchange(free_, place);
  }
  // Those who wait do so in vain; they are told, and keep their places until they leave.
  void break_round(detail::alarm_chain& claimed) noexcept {
    while (waiting_ != none) {
      entry& e = entries_[waiting_];
      end_wait(where::broken, claimed);
      unlink(e);
    }
  }

  detail::short_lock lock_;
  const roster_rule rule_;
  local_numbers& numbers_;
  std::vector<entry> entries_;
  std::size_t first_ = none;
  std::size_t last_ = none;
  std::size_t waiting_ = none;  // the first that is not in
  std::size_t free_ = none;
  std::size_t taken_ = 0;     // places
  std::uint64_t linked_ = 0;  // those in and waiting
  std::uint64_t inside_ = 0;
  std::uint64_t weight_ = 0;  // of those
  bool excludes_ = false;     // one of them is exclusive
  std::uint64_t revision_ = 0;
  std::uint64_t round_ = 0;  // that was gathered last
  std::uint64_t ended_ = 0;  // the last of which all have left
  detail::alarm_bag changes_;
  detail::alarm_bag ends_;
  std::map<std::uint64_t, std::uint64_t> lost_;  // of each round that lost any
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
