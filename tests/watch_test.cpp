#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <lockstep/condition_variable.hpp>
#include <lockstep/context.hpp>
#include <lockstep/go.hpp>
#include <lockstep/guards.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/select.hpp>
#include <lockstep/shared_mutex.hpp>
#include <lockstep/testing/world.hpp>
#include <lockstep/watch.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::holding;
using lockstep::lock_report;
using lockstep::lock_watch;
using lockstep::mutex;
using lockstep::testing::contracts_throw;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace std::chrono_literals;
using kind = lock_report::kind;

void lock_both(mutex& outer, mutex& inner) {
  const holding a{outer};
  const holding b{inner};
}

struct watch_test : ::testing::Test {
  std::mutex reporting;
  std::vector<lock_report> reports;
  lock_watch watch{{.report = [this](const lock_report& r) {
    const std::lock_guard hold{reporting};
    reports.push_back(r);
  }}};
  mutex a, b, c, d;

  watch_test() { RecordProperty("statements", "DL-1"); }
  ~watch_test() override {
    EXPECT_TRUE(a.try_lock() && b.try_lock() && c.try_lock() && d.try_lock());
    for (mutex* m : {&a, &b, &c, &d}) m->unlock();
  }
};

TEST_F(watch_test, two_locks_in_one_order_are_no_inversion) {
  for (int i = 0; i < 3; ++i) lock_both(a, b);
  lock_both(b, c);
  lock_both(a, c);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, two_locks_in_both_orders_are_an_inversion_though_no_deadlock_happened) {
  lockstep::spawn("one", [&] { lock_both(a, b); }).join();
  EXPECT_THAT(reports, IsEmpty());
  lockstep::spawn("other", [&] { lock_both(b, a); }).join();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].what(), kind::inversion);
  const auto& parts = reports[0].parts();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].task, "task 'other'");
  EXPECT_EQ(parts[0].held, &b);
  EXPECT_EQ(parts[0].wanted, &a);
  EXPECT_EQ(parts[1].task, "task 'one'");
  EXPECT_EQ(parts[1].held, &a);
  EXPECT_EQ(parts[1].wanted, &b);
}

TEST_F(watch_test, a_report_names_the_lines_of_all_that_has_a_part_in_it) {
  unsigned lines[4];
  // clang-format off
  lines[0] = __LINE__; a.lock();
  lines[1] = __LINE__; b.lock();
  a.unlock(); b.unlock();
  lines[2] = __LINE__; b.lock();
  lines[3] = __LINE__; a.lock();
  a.unlock(); b.unlock();
  // clang-format on
  ASSERT_EQ(reports.size(), 1U);
  const auto& parts = reports[0].parts();
  ASSERT_EQ(parts.size(), 2U);
  const auto at = [&](int i) {
    return std::string{__FILE__} + ":" + std::to_string(lines[i]) + " in TestBody";
  };
  EXPECT_EQ(parts[0].held_at, at(2));
  EXPECT_EQ(parts[0].wanted_at, at(3));
  EXPECT_EQ(parts[1].held_at, at(0));
  EXPECT_EQ(parts[1].wanted_at, at(1));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(reports[0].text(), HasSubstr(at(i)));
  EXPECT_THAT(reports[0].text(), StartsWith("lock order inversion: 2 locks"));
}

TEST_F(watch_test, a_guard_of_the_standard_is_named_by_the_line_of_its_user) {
  unsigned lines[2];
  {
    // clang-format off
    const std::lock_guard outer{a};
    lines[0] = __LINE__; const std::lock_guard inner{b};
    // clang-format on
  }
  {
    std::unique_lock outer{b, std::defer_lock};
    outer.lock();
    // clang-format off
    lines[1] = __LINE__; const std::scoped_lock inner{a};
    // clang-format on
  }
  ASSERT_EQ(reports.size(), 1U);
  const auto at = [&](int i) { return "watch_test.cpp:" + std::to_string(lines[i]) + " in "; };
  EXPECT_THAT(reports[0].parts()[0].wanted_at, HasSubstr(at(1)));
  EXPECT_THAT(reports[0].parts()[1].wanted_at, HasSubstr(at(0)));
}

TEST_F(watch_test, a_circle_of_any_length_is_found) {
  lock_both(a, b);
  lock_both(b, c);
  lock_both(c, d);
  EXPECT_THAT(reports, IsEmpty());
  lock_both(d, a);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].parts().size(), 4U);
  EXPECT_THAT(reports[0].text(), HasSubstr("4 locks are taken in a circle"));
}

TEST_F(watch_test, a_circle_of_a_thousand_locks_is_found) {
  std::vector<mutex> ring(1000);
  for (std::size_t i = 0; i < ring.size(); ++i) lock_both(ring[i], ring[(i + 1) % ring.size()]);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].parts().size(), ring.size());
}

TEST_F(watch_test, the_locks_of_a_circle_need_not_be_taken_one_right_after_the_other) {
  {
    const holding one{a};
    const holding two{b};
    const holding three{c};
  }
  lock_both(c, a);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].parts().size(), 2U);
}

TEST_F(watch_test, each_circle_is_reported_once) {
  for (int i = 0; i < 5; ++i) {
    lock_both(a, b);
    lock_both(b, a);
    lock_both(c, d);
    lock_both(d, c);
  }
  EXPECT_EQ(reports.size(), 2U);
  lock_both(b, c);
  lock_both(d, a);  // a, b, c, d
  EXPECT_EQ(reports.size(), 3U);
}

TEST_F(watch_test, two_orders_below_a_common_lock_are_no_inversion) {
  for (int i = 0; i < 2; ++i) {
    const holding gate{c};
    lock_both(a, b);
    lock_both(b, a);
  }
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, a_gate_that_one_side_did_not_pass_every_time_is_none) {
  const auto gated = [&](mutex& outer, mutex& inner) {
    const holding gate{c};
    lock_both(outer, inner);
  };
  gated(a, b);
  gated(b, a);
  EXPECT_THAT(reports, IsEmpty());
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, different_gates_keep_nobody_apart) {
  {
    const holding gate{c};
    lock_both(a, b);
  }
  {
    const holding gate{d};
    lock_both(b, a);
  }
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_gate_is_no_gate_for_what_it_is_a_part_of) {
  {
    const holding gate{c};
    lock_both(a, b);
  }
  lock_both(b, c);  // c, b
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_try_cannot_wait_and_so_closes_no_circle) {
  lock_both(a, b);
  b.lock();
  EXPECT_TRUE(a.try_lock());
  a.unlock();
  EXPECT_TRUE(a.try_lock_for(1h));
  a.unlock();
  EXPECT_EQ(a.lock(lockstep::cancel_scope{1h}.context()), lockstep::status::ok);
  a.unlock();
  b.unlock();
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, a_lock_taken_by_a_try_is_held_like_any_other) {
  EXPECT_TRUE(a.try_lock());
  b.lock();
  b.unlock();
  a.unlock();
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_lock_that_a_try_did_not_get_is_not_held) {
  a.lock();
  lockstep::spawn([&] {
    EXPECT_FALSE(a.try_lock());
    b.lock();
    b.unlock();
  }).join();
  a.unlock();
  lock_both(b, a);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, a_wait_that_only_a_cancel_can_end_counts) {
  lock_both(a, b);
  const holding outer{b};
  lockstep::cancel_scope scope;
  EXPECT_EQ(a.lock(scope.context()), lockstep::status::ok);
  a.unlock();
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_lock_taken_by_a_select_counts) {
  lock_both(a, b);
  const holding outer{b};
  select(lockstep::on_acquire(a));
  EXPECT_EQ(reports.size(), 1U);
  { const holding inner{c}; }
  a.unlock();
  lock_both(c, a);
  EXPECT_EQ(reports.size(), 2U);
}

TEST_F(watch_test, a_select_that_has_a_choice_does_not_insist_on_a_lock) {
  lock_both(a, b);
  const holding outer{b};
  select(lockstep::on_acquire(a), lockstep::on_default());
  a.unlock();
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, a_lock_that_was_handed_over_counts) {
  a.lock();
  auto waiting = support::run([&] {
    a.lock();
    b.lock();
    b.unlock();
    a.unlock();
  });
  waiting.until_blocked();
  std::this_thread::sleep_for(2ms);  // more than a waiter's patience
  a.unlock();
  waiting.join();
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_condition_variable_lets_its_lock_go_and_takes_it_again) {
  lockstep::condition_variable changed;
  bool ready = false;
  auto waiting = support::run([&] {
    std::unique_lock hold{a};
    changed.wait(hold, [&] { return ready; });
    const holding inner{b};
  });
  waiting.until_blocked();
  lock_both(b, c);  // a is not held by who waits
  {
    const holding hold{a};
    ready = true;
  }
  changed.notify_one();
  waiting.join();
  EXPECT_THAT(reports, IsEmpty());
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, a_lock_that_another_task_released_is_not_held_any_more) {
  a.lock();
  lockstep::spawn([&] { a.unlock(); }).join();
  b.lock();
  b.unlock();
  lock_both(b, a);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, locks_may_be_released_in_any_order) {
  a.lock();
  EXPECT_TRUE(b.try_lock());
  a.unlock();
  lock_both(c, d);  // below b, and not below a any more
  b.unlock();
  lock_both(c, a);
  EXPECT_THAT(reports, IsEmpty());
  lock_both(c, b);
  EXPECT_EQ(reports.size(), 1U);
}

using lockstep::detail::lock_mode;
constexpr lock_mode shared = lock_mode::shared;
constexpr lock_mode exclusive = lock_mode::exclusive;

// Stands for a lock that can be shared, which tells the watch the same.
class in_mode {
 public:
  in_mode(mutex& m, lock_mode mode, lockstep::site where = lockstep::site::current())
      : object_{&m}, mode_{mode} {
    EXPECT_EQ(lockstep::status::ok,
              lockstep::detail::taken<lockstep::any_runtime>(
                  {"lock", "shared mutex", object_, where}, mode_, lockstep::detail::limit::none(),
                  [](bool) { return lockstep::status::ok; }));
  }
  in_mode(const in_mode&) = delete;
  ~in_mode() {
    lockstep::detail::given_up<lockstep::any_runtime>(object_, mode_, [] {});
  }

 private:
  const void* object_;
  lock_mode mode_;
};

struct shared_watch_test : watch_test {
  void both(mutex& outer, lock_mode how_outer, mutex& inner, lock_mode how_inner) {
    const in_mode one{outer, how_outer};
    const in_mode two{inner, how_inner};
  }
};

TEST_F(shared_watch_test, who_share_a_lock_do_not_wait_for_each_other) {
  both(a, shared, b, shared);
  both(b, shared, a, shared);
  both(c, exclusive, d, shared);
  both(d, shared, c, exclusive);  // all share d
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(shared_watch_test, one_who_shares_and_one_who_does_not_wait_for_each_other) {
  both(a, shared, b, exclusive);
  both(b, shared, a, exclusive);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_THAT(reports[0].text(), HasSubstr("shared mutex #1 taken, shared, at "));
}

TEST_F(shared_watch_test, both_ways_of_one_order_are_kept) {
  both(a, shared, b, shared);
  both(a, exclusive, b, exclusive);
  both(b, shared, a, shared);
  EXPECT_EQ(reports.size(), 1U);
}

// Upgrade mode lets readers in, also the one who holds it; after the upgrade it is exclusive.
TEST_F(shared_watch_test, who_holds_upgrade_mode_may_read_as_well) {
  lockstep::shared_mutex m;
  m.lock_upgrade();
  m.lock_shared();
  m.unlock_shared();
  m.unlock_upgrade_and_lock();
  EXPECT_THAT(reports, IsEmpty());
  EXPECT_FALSE(m.try_lock_shared());
  m.unlock_and_lock_upgrade();
  m.unlock_upgrade_and_lock_shared();
  m.unlock_shared();
  m.lock();  // nothing is held any more
  m.unlock();
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(shared_watch_test, a_gate_that_is_shared_keeps_nobody_apart) {
  const auto below = [&](lock_mode gate, mutex& outer, mutex& inner) {
    const in_mode hold{c, gate};
    lock_both(outer, inner);
  };
  below(exclusive, a, b);
  below(shared, b, a);
  EXPECT_THAT(reports, IsEmpty());
  below(shared, a, b);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(shared_watch_test, sharing_a_lock_twice_is_no_recursion_but_waiting_for_all_to_go_is) {
  const in_mode once{a, shared};
  { const in_mode again{a, shared}; }
  EXPECT_THAT(reports, IsEmpty());
  { const in_mode alone{a, exclusive}; }
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].what(), kind::recursion);
}

TEST_F(watch_test, a_new_lock_at_an_old_address_has_no_past) {
  alignas(mutex) unsigned char place[sizeof(mutex)];
  auto* first = ::new (place) mutex;
  lock_both(*first, a);
  first->~mutex();
  auto* second = ::new (place) mutex;
  lock_both(a, *second);
  EXPECT_THAT(reports, IsEmpty());
  lock_both(*second, a);
  EXPECT_EQ(reports.size(), 1U);
  second->~mutex();
  auto* third = ::new (place) mutex;
  lock_both(*third, a);
  lock_both(a, *third);
  EXPECT_EQ(reports.size(), 2U);  // another circle, though of the same addresses
  third->~mutex();
}

TEST_F(watch_test, a_destroyed_lock_closes_no_circle) {
  {
    mutex between;
    lock_both(a, between);
    lock_both(between, b);
  }
  lock_both(b, a);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, the_locks_of_a_thread_are_not_those_of_another_that_comes_after_it) {
  std::thread{[&] { a.lock(); }}.join();
  std::thread{[&] {
    b.lock();
    b.unlock();
  }}.join();
  a.unlock();
  lock_both(b, a);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, threads_that_the_library_did_not_start_are_named_by_their_number) {
  std::thread{[&] { lock_both(a, b); }}.join();
  lock_both(b, a);
  ASSERT_EQ(reports.size(), 1U);
  for (const auto& part : reports[0].parts()) EXPECT_THAT(part.task, MatchesRegex("thread [0-9]+"));
  EXPECT_NE(reports[0].parts()[0].task, reports[0].parts()[1].task);
}

TEST_F(watch_test, a_task_that_waits_for_its_own_lock_is_reported_before_it_blocks) {
  lockstep::cancel_scope scope;
  auto stuck = support::run([&] {
    const holding first{b};
    EXPECT_EQ(b.lock(scope.context()), lockstep::status::cancelled);
  });
  stuck.until_blocked();
  std::vector<lock_report> while_it_blocks;
  {
    const std::lock_guard hold{reporting};
    while_it_blocks = reports;
  }
  scope.cancel();
  stuck.join();
  ASSERT_EQ(while_it_blocks.size(), 1U);
  EXPECT_EQ(while_it_blocks[0].what(), kind::recursion);
  EXPECT_THAT(while_it_blocks[0].text(),
              AllOf(HasSubstr("a task waits for a lock that it holds"), HasSubstr("mutex #1 taken"),
                    HasSubstr("mutex #1 wanted")));
}

TEST_F(watch_test, a_try_of_an_own_lock_is_no_recursion) {
  const holding hold{a};
  EXPECT_FALSE(a.try_lock());
  EXPECT_FALSE(a.try_lock_for(1ms));
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(watch_test, a_handler_may_use_locks_itself) {
  std::optional<lock_watch> second;
  second.emplace(
      lockstep::lock_watch_options{.report = [&](const lock_report&) { lock_both(d, c); }});
  lock_both(c, d);
  lock_both(a, b);
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, locks_that_a_handler_leaves_behind_are_known) {
  bool first = true;
  const lock_watch second{{.report = [&](const lock_report&) {
    if (std::exchange(first, false)) d.lock();
  }}};
  lock_both(a, b);
  lock_both(b, a);
  { const holding below_d{c}; }
  d.unlock();
  EXPECT_EQ(reports.size(), 1U);
  lock_both(c, d);
  EXPECT_EQ(reports.size(), 2U);
}

TEST_F(watch_test, a_reader_and_a_writer_in_opposite_orders_are_an_inversion) {
  lockstep::shared_mutex s;
  {
    const lockstep::holding_shared read{s};
    const holding other{a};
  }
  {
    const holding other{a};
    const holding write{s};
  }
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, readers_in_opposite_orders_are_none) {
  lockstep::shared_mutex s;
  lockstep::shared_mutex t;
  for (auto [first, second] : {std::pair{&s, &t}, std::pair{&t, &s}}) {
    const lockstep::holding_shared one{*first};
    const lockstep::holding_shared other{*second};
  }
  EXPECT_TRUE(reports.empty());
}

TEST_F(watch_test, a_shared_mutex_is_still_held_after_a_downgrade) {
  lockstep::shared_mutex s;
  s.lock();
  s.unlock_and_lock_shared();
  { const holding other{a}; }
  s.unlock_shared();
  {
    const holding other{a};
    const holding write{s};
  }
  EXPECT_EQ(reports.size(), 1U);
  { const holding free{s}; }
  EXPECT_EQ(reports.size(), 1U);
}

TEST_F(watch_test, every_watch_gets_the_report) {
  int more = 0;
  const lock_watch second{{.report = [&](const lock_report&) { ++more; }}};
  lock_both(a, b);
  lock_both(b, a);
  EXPECT_EQ(reports.size(), 1U);
  EXPECT_EQ(more, 1);
}

TEST_F(watch_test, a_lock_that_was_held_for_long_is_reported_when_it_is_free_again) {
  unsigned line = 0;
  bool was_free = false;
  const lock_watch impatient{{.report =
                                  [&](const lock_report& r) {
                                    reports.push_back(r);
                                    was_free = a.try_lock();
                                    a.unlock();
                                  },
                              .held_longer_than = 1ms}};
  {
    // clang-format off
    line = __LINE__; const holding hold{a};
    // clang-format on
    std::this_thread::sleep_for(2ms);
  }
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].what(), kind::held_long);
  EXPECT_GE(reports[0].held_for(), 2ms);
  EXPECT_TRUE(was_free);
  EXPECT_THAT(reports[0].text(),
              AllOf(StartsWith("a lock was held for "),
                    HasSubstr("watch_test.cpp:" + std::to_string(line) + " in ")));
}

TEST(lock_watch_test, a_report_may_be_a_broken_contract) {
  const contracts_throw contracts;
  const lock_watch watch{{.report = [](const lock_report&) {}, .violations = true}};
  mutex a, b;
  lock_both(a, b);
  EXPECT_THROW(lock_both(b, a), contracts_throw::violation);
  EXPECT_TRUE(a.try_lock() && b.try_lock());  // it was not taken, and the other let go
  EXPECT_THROW(a.lock(), contracts_throw::violation);
  a.unlock();
  b.unlock();
}

TEST(lock_watch_test, a_watch_knows_nothing_of_what_was_before_it) {
  mutex a, b;
  int reports = 0;
  const auto count = [&](const lock_report&) { ++reports; };
  {
    const lock_watch watch{{.report = count}};
    lock_both(a, b);
    a.lock();
  }
  const lock_watch watch{{.report = count}};
  b.lock();  // below a, of which it does not know
  b.unlock();
  a.unlock();
  lock_both(b, a);
  EXPECT_EQ(reports, 0);
  lock_both(a, b);
  EXPECT_EQ(reports, 1);
}

TEST(lock_watch_test, hooks_are_off_when_no_watch_lives) {
  EXPECT_EQ(lockstep::detail::hooks_word, 0U);
  {
    const lock_watch watch;
    EXPECT_TRUE(lockstep::detail::hook_is_on(lockstep::detail::hook_locks));
    EXPECT_TRUE(lockstep::detail::hook_is_on(lockstep::detail::hook_observe));
    EXPECT_FALSE(lockstep::detail::hook_is_on(lockstep::detail::hook_checkpoint));
  }
  EXPECT_EQ(lockstep::detail::hooks_word, 0U);
}

TEST(lock_watch_test, without_one_nobody_is_told) {
  const auto* const before = lockstep::detail::installed_lock_watcher.load();
  static int told;
  told = 0;
  static constexpr lockstep::detail::lock_watcher counting{
      .wanted = [](const auto&, auto, bool) { ++told; },
      .unwanted = [] { ++told; },
      .acquired = [](const auto&, auto) { ++told; },
      .released = [](const void*, auto) -> lockstep::detail::late_report* {
        ++told;
        return nullptr;
      },
      .report = nullptr,
      .destroyed = [](const void*) { ++told; }};
  lockstep::detail::installed_lock_watcher = &counting;
  {
    mutex m;
    lockstep::threads::mutex bound;
    const holding hold{m};
    const lockstep::detail::hook_scope on{lockstep::detail::hook_observe};
    const holding other{bound};
  }
  EXPECT_EQ(told, 0);
  {
    const lockstep::detail::hook_scope on{lockstep::detail::hook_locks};
    mutex m;
    const holding hold{m};
  }
  EXPECT_EQ(told, 4);  // wanted, acquired, released, destroyed
  lockstep::detail::installed_lock_watcher = before;
}

TEST(lock_watch_test, without_a_handler_reports_go_to_stderr) {
  testing::internal::CaptureStderr();
  {
    const lock_watch watch;
    mutex a, b;
    lock_both(a, b);
    lock_both(b, a);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              StartsWith("lockstep: lock order inversion: 2 locks"));
}

TEST(lock_watch_test, may_begin_and_end_while_others_lock) {
  std::atomic<bool> stop{false};
  std::array<mutex, 4> locks;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; !stop; ++i) {
        const holding outer{locks[i % 3]};
        const holding inner{locks[3]};
        mutex brief;
        const std::lock_guard own{brief};
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const lock_watch watch{{.report = [](const lock_report& r) { ADD_FAILURE() << r.text(); }}};
    mutex mine;
    lock_both(mine, locks[static_cast<std::size_t>(i) % 4]);
  }
  stop = true;
  for (auto& t : threads) t.join();
  EXPECT_EQ(lockstep::detail::hooks_word, 0U);
}

}  // namespace
