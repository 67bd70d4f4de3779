#include "lockstep/coord/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::cancel_scope;
using lockstep::client;
using lockstep::on_timeout;
using lockstep::select;
using lockstep::status;
using support::run;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using namespace std::chrono_literals;
namespace coord = lockstep::coord;

// Its copies and moves may throw, so that it travels in a box.
struct fragile {
  explicit fragile(int v) : value{v} {}
  fragile(const fragile& o) noexcept(false) : value{o.value} {}
  int value;
};

struct client_test : ::testing::Test {
  const std::shared_ptr<coord::local_world> world = std::make_shared<coord::local_world>();

  // The client of an instance of a run.
  client instance(coord::participant index, std::uint64_t instances, std::string run_id = "run") {
    return client{
        std::make_shared<coord::scope>(coord::scope{world, std::move(run_id), index, instances})};
  }
  client sync = instance(0, 1);

  // The error that f() throws, as status and text.
  template <class F>
  static std::pair<status, std::string> error_of(F f) {
    try {
      f();
      return {status::ok, ""};
    } catch (const lockstep::error& e) {
      return {e.status(), e.what()};
    }
  }
  template <class T>
  static std::vector<T> read(coord::subscription<T>& sub) {
    std::vector<T> values;
    while (auto v = sub.try_recv()) values.push_back(*v);
    return values;
  }
};

TEST_F(client_test, signals_are_numbered_from_one) {
  EXPECT_EQ(sync.signal_entry("ready"), 1U);
  EXPECT_EQ(sync.signal_entry("ready"), 2U);
  EXPECT_EQ(sync.signal_entry("other"), 1U);
}

TEST_F(client_test, signals_of_several_tasks_at_once_are_numbered_densely) {
  constexpr int each = 2'000;
  const auto signal_all = [](client c) {  // one client serves them all
    std::vector<std::uint64_t> seqs;
    for (int i = 0; i < each; ++i) seqs.push_back(c.signal_entry("ready"));
    return seqs;
  };
  auto first = run([&] { return signal_all(sync); });
  auto second = run([&] { return signal_all(sync); });
  std::vector<bool> seen(3 * each + 1);
  for (const auto& seqs : {first.join(), second.join(), signal_all(instance(1, 2))}) {
    for (const auto seq : seqs) {
      ASSERT_FALSE(seen.at(static_cast<std::size_t>(seq)));
      seen[static_cast<std::size_t>(seq)] = true;
    }
  }
}

TEST_F(client_test, a_barrier_opens_when_its_target_is_reached) {
  auto barrier = sync.barrier("ready", 2);
  auto waits = run([&] { barrier.wait(); });
  waits.until_blocked();
  sync.signal_entry("ready");
  waits.until_blocked();
  EXPECT_FALSE(barrier.try_wait());
  sync.signal_entry("ready");
  waits.join();
  EXPECT_TRUE(barrier.try_wait());
  barrier.wait();  // as often as one likes
}

TEST_F(client_test, barriers_of_one_state_open_each_at_its_own_target) {
  auto third = run([&] { sync.barrier("ready", 3).wait(); });
  auto first = run([&] { sync.barrier("ready", 1).wait(); });
  auto second = run([&] { sync.barrier("ready", 2).wait(); });
  third.until_blocked();
  first.until_blocked();
  second.until_blocked();
  sync.signal_entry("ready");
  first.join();
  second.until_blocked();
  sync.signal_entry("ready");
  second.join();
  third.until_blocked();
  sync.signal_entry("ready");
  third.join();
}

TEST_F(client_test, a_barrier_that_comes_late_is_open) {
  for (int i = 0; i < 5; ++i) sync.signal_entry("ready");
  sync.barrier("ready", 5).wait();
  sync.barrier("ready", 3).wait();  // passed before
  EXPECT_TRUE(sync.barrier("ready", 1).try_wait());
  EXPECT_FALSE(sync.barrier("ready", 6).try_wait());
}

TEST_F(client_test, a_barrier_for_nobody_is_open) {
  sync.barrier("never signalled", 0).wait();
  EXPECT_TRUE(sync.barrier("never signalled", 0).try_wait());
  auto barrier = sync.barrier("never signalled", 0);
  EXPECT_EQ(select(on_ready(barrier), on_timeout(1h)).index, 0U);
}

TEST_F(client_test, a_target_that_wrapped_around_is_an_error) {
  constexpr std::uint64_t instances = 1;
  const auto wrapped = error_of([&] { sync.barrier("ready", instances - 2).wait(); });
  EXPECT_EQ(wrapped.first, status::unsupported);
  EXPECT_THAT(wrapped.second, AllOf(HasSubstr("'ready'"), HasSubstr("18446744073709551615")));
  constexpr auto limit = std::uint64_t{1} << 63U;
  EXPECT_EQ(error_of([&] { static_cast<void>(sync.barrier("ready", limit)); }).first,
            status::unsupported);
  EXPECT_FALSE(sync.barrier("ready", limit - 1).try_wait());
}

TEST_F(client_test, signal_and_wait_meets_the_others) {
  auto first = run([&] { return sync.signal_and_wait("ready", 2); });
  first.until_blocked();
  EXPECT_EQ(instance(1, 2).signal_and_wait("ready", 2), 2U);
  EXPECT_EQ(first.join(), 1U);
}

TEST_F(client_test, a_bad_target_signals_nothing) {
  EXPECT_THROW(sync.signal_and_wait("ready", ~std::uint64_t{0}), lockstep::error);
  EXPECT_THROW(sync.publish_and_wait<int>("topic", 1, "ready", ~std::uint64_t{0}), lockstep::error);
  EXPECT_EQ(sync.signal_entry("ready"), 1U);
  EXPECT_EQ(sync.publish<int>("topic", 1), 1U);
}

TEST_F(client_test, a_wait_that_failed_says_how_far_it_got_and_who_is_missing) {
  for (const coord::participant i : {0U, 1U, 3U}) instance(i, 5).signal_entry("ready");
  const auto late = instance(0, 5).barrier("ready", 5).try_wait_for(1ms);
  EXPECT_EQ(late.status(), status::timeout);
  EXPECT_THAT(late.error().what(),
              MatchesRegex("barrier 'ready': 3 of 5 after .* ms, missing instances 2, 4: timeout"));
}

TEST_F(client_test, who_waits_for_the_state_is_not_missing) {
  cancel_scope scope;
  instance(1, 4).signal_entry("ready");
  auto waits = run([&] {
    auto barrier = instance(2, 4).barrier("ready", 3);
    return barrier.wait(scope.context()).status();
  });
  waits.until_blocked();
  const auto late = instance(0, 4).barrier("ready", 3).try_wait_for(1ms);
  EXPECT_THAT(late.text(), MatchesRegex("barrier 'ready': 1 of 3 after .*, missing instance 3"));
  scope.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
}

TEST_F(client_test, outside_of_a_run_nobody_is_known_to_be_missing) {
  auto outside = instance(coord::nobody, 0);
  outside.signal_entry("ready");
  const auto late = outside.barrier("ready", 2).try_wait_for(1ms);
  EXPECT_THAT(late.text(), MatchesRegex("barrier 'ready': 1 of 2 after .*ms"));
}

TEST_F(client_test, many_missing_instances_are_listed_in_short) {
  const auto late = instance(0, 100).barrier("ready", 100).try_wait_for(1ms);
  EXPECT_THAT(late.text(),
              HasSubstr("missing instances 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 89 more"));
}

TEST_F(client_test, a_wait_ends_with_its_context) {
  cancel_scope scope;
  auto barrier = sync.barrier("ready", 1);
  auto waits = run([&] { return barrier.wait(scope.context()).status(); });
  waits.until_blocked();
  scope.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
  const cancel_scope brief{1ms};
  EXPECT_EQ(barrier.wait(brief.context()).status(), status::timeout);
  EXPECT_EQ(barrier.try_wait_until(std::chrono::steady_clock::now() + 1ms).status(),
            status::timeout);
  sync.signal_entry("ready");
  EXPECT_EQ(barrier.wait(lockstep::background()).status(), status::ok);
  EXPECT_EQ(barrier.wait(scope.context()).status(), status::cancelled);
}

TEST_F(client_test, the_other_waits_end_with_their_context_too) {
  const cancel_scope brief{1ms};
  const auto seq = sync.signal_and_wait(brief.context(), "ready", 9);
  EXPECT_EQ(seq.status(), status::timeout);
  EXPECT_THAT(seq.text(), HasSubstr("'ready': 1 of 9"));
  cancel_scope scope;
  auto waits =
      run([&] { return sync.publish_and_wait<int>(scope.context(), "topic", 1, "go", 1).error(); });
  waits.until_blocked();
  scope.cancel();
  const auto error = waits.join();
  EXPECT_EQ(error.status(), status::cancelled);
  EXPECT_THAT(error.what(), HasSubstr("'go': 0 of 1"));
}

TEST_F(client_test, with_a_context_that_has_ended_nothing_is_signalled_or_published) {
  cancel_scope scope;
  scope.cancel();
  EXPECT_EQ(sync.signal_and_wait(scope.context(), "ready", 1).status(), status::cancelled);
  EXPECT_EQ(sync.publish_and_wait<int>(scope.context(), "topic", 1, "ready", 0).status(),
            status::cancelled);
  EXPECT_EQ(sync.signal_entry("ready"), 1U);
  EXPECT_EQ(sync.publish<int>("topic", 1), 1U);
}

TEST_F(client_test, with_a_context_that_lasts_the_number_is_returned) {
  const cancel_scope scope;
  EXPECT_EQ(sync.signal_and_wait(scope.context(), "ready", 1).value(), 1U);
  EXPECT_EQ(sync.publish_and_wait<int>(scope.context(), "topic", 1, "ready", 1).value(), 1U);
}

TEST_F(client_test, a_subscriber_reads_the_history_first_and_then_what_comes) {
  for (int v = 1; v <= 100; ++v) EXPECT_EQ(sync.publish<int>("n", v), static_cast<unsigned>(v));
  auto sub = instance(1, 2).subscribe<int>("n");
  EXPECT_EQ(sub.seq(), 0U);
  for (int v = 1; v <= 100; ++v) ASSERT_EQ(sub.recv().value(), v);
  EXPECT_EQ(sub.seq(), 100U);
  EXPECT_EQ(sub.try_recv().status(), status::would_block);
  auto waits = run([&] { return sub.recv(); });
  waits.until_blocked();
  sync.publish<int>("n", 101);
  EXPECT_EQ(waits.join().value(), 101);
}

TEST_F(client_test, every_subscription_reads_everything) {
  auto early = sync.subscribe<std::string>("names");
  sync.publish<std::string>("names", "a");
  sync.publish<std::string>("names", "b");
  auto late = sync.subscribe<std::string>("names");
  EXPECT_EQ(read(early), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read(late), (std::vector<std::string>{"a", "b"}));
}

TEST_F(client_test, publishers_at_once_number_densely_and_all_see_one_order) {
  constexpr int each = 1'000;
  const auto publish_all = [this](int who) {
    std::vector<std::uint64_t> seqs;
    for (int i = 0; i < each; ++i) seqs.push_back(sync.publish<int>("n", who * each + i));
    return seqs;
  };
  auto live = run([sub = sync.subscribe<int>("n")]() mutable {
    std::vector<int> values;
    while (values.size() < 2 * each) values.push_back(sub.recv().value());
    return values;
  });
  auto other = run([&] { return publish_all(1); });
  const std::vector seqs{publish_all(0), other.join()};
  const auto order = live.join();
  auto late = sync.subscribe<int>("n");
  EXPECT_EQ(read(late), order);
  for (int v = 0; v < 2 * each; ++v) {
    const auto& own = seqs[static_cast<std::size_t>(v / each)];
    ASSERT_EQ(order.at(own[static_cast<std::size_t>(v % each)] - 1), v);
  }
}

TEST_F(client_test, publish_subscribe_yields_the_own_value_too) {
  instance(1, 2).publish<int>("n", 1);
  auto [seq, sub] = sync.publish_subscribe<int>("n", 2);
  EXPECT_EQ(seq, 2U);
  EXPECT_EQ(read(sub), (std::vector{1, 2}));
}

TEST_F(client_test, publish_and_wait_waits_for_others_to_signal) {
  auto waits = run([&] { return sync.publish_and_wait<int>("n", 1, "done", 1); });
  waits.until_blocked();
  EXPECT_EQ(sync.subscribe<int>("n").recv().value(), 1);
  sync.signal_entry("done");
  EXPECT_EQ(waits.join(), 1U);
}

TEST_F(client_test, one_topic_carries_one_type) {
  sync.publish<int>("ports", 1);
  const auto refused = error_of([&] { sync.publish<std::string>("ports", "x"); });
  EXPECT_EQ(refused.first, status::mismatch);
  EXPECT_THAT(refused.second,
              AllOf(HasSubstr("'ports'"), HasSubstr("int"), HasSubstr("basic_string")));
  auto sub = sync.subscribe<double>("ports");
  const auto unread = sub.recv();
  EXPECT_EQ(unread.status(), status::mismatch);
  EXPECT_THAT(unread.text(), AllOf(HasSubstr("'ports'"), HasSubstr("int"), HasSubstr("double")));
  EXPECT_EQ(sync.publish<int>("ports", 2), 2U);  // nothing was appended
}

TEST_F(client_test, a_subscriber_that_was_there_first_is_told_of_another_type_as_well) {
  auto sub = sync.subscribe<double>("ports");
  auto waits = run([&] { return sub.recv().status(); });
  waits.until_blocked();
  sync.publish<int>("ports", 1);
  EXPECT_EQ(waits.join(), status::mismatch);
}

TEST_F(client_test, a_subscription_can_be_cancelled) {
  sync.publish<int>("n", 1);
  auto sub = sync.subscribe<int>("n");
  EXPECT_EQ(sub.recv().value(), 1);
  auto other = sync.subscribe<int>("n");
  auto waits = run([&] { return sub.recv().status(); });
  waits.until_blocked();
  sub.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
  EXPECT_EQ(sub.recv().status(), status::cancelled);
  EXPECT_EQ(other.recv().value(), 1);
}

TEST_F(client_test, a_receive_waits_as_long_as_its_form_says) {
  auto sub = sync.subscribe<int>("n");
  EXPECT_EQ(sub.try_recv().status(), status::would_block);
  EXPECT_EQ(sub.try_recv_for(1ms).status(), status::timeout);
  EXPECT_EQ(sub.try_recv_until(std::chrono::steady_clock::now() + 1ms).status(), status::timeout);
  cancel_scope scope;
  auto waits = run([&] { return sub.recv(scope.context()).status(); });
  waits.until_blocked();
  scope.cancel();
  EXPECT_EQ(waits.join(), status::cancelled);
  sync.publish<int>("n", 1);
  EXPECT_EQ(sub.recv().value(), 1);
}

TEST_F(client_test, a_slow_subscriber_holds_up_nobody) {
  auto slow = sync.subscribe<int>("n");
  auto quick = sync.subscribe<int>("n");
  for (int v = 1; v <= 1'000; ++v) {
    sync.publish<int>("n", v);
    ASSERT_EQ(quick.recv().value(), v);
  }
  EXPECT_EQ(read(slow).size(), 1'000U);
}

TEST_F(client_test, values_whose_move_may_throw_are_received_whole) {
  auto sub = sync.subscribe<fragile>("n");
  sync.publish<fragile>("n", fragile{7});
  EXPECT_EQ(sub.recv()->value, 7);
}

TEST_F(client_test, what_was_written_before_a_signal_is_seen_after_the_wait) {
  int plain = 0;  // a data race unless ordered
  auto waits = run([&] {
    sync.barrier("ready", 1).wait();
    return plain;
  });
  plain = 7;
  sync.signal_entry("ready");
  EXPECT_EQ(waits.join(), 7);
}

TEST_F(client_test, a_barrier_may_be_a_case_of_a_select) {
  auto barrier = sync.barrier("ready", 1);
  lockstep::channel<int> ch;
  bool called = false;
  const auto either = [&] {
    return select(on_recv(ch), on_ready(barrier, [&] { called = true; }));
  };
  auto loses = run(either);
  loses.until_blocked();
  ch.send(1);
  EXPECT_EQ(loses.join().index, 0U);
  EXPECT_FALSE(called);
  auto wins = run(either);
  wins.until_blocked();
  sync.signal_entry("ready");
  const auto s = wins.join();
  EXPECT_EQ(s.index, 1U);
  EXPECT_EQ(s.status, status::ok);
  EXPECT_TRUE(called);
  EXPECT_EQ(either().index, 1U);
}

TEST_F(client_test, the_end_of_the_session_ends_every_wait) {
  auto barrier = sync.barrier("ready", 1);
  auto sub = sync.subscribe<int>("n");
  cancel_scope scope;
  auto plain = run([&] { return error_of([&] { barrier.wait(); }); });
  auto bound = run([&] { return barrier.wait(scope.context()).status(); });
  auto timed = run([&] { return barrier.try_wait_for(1h).status(); });
  auto reads = run([&] { return sub.recv().status(); });
  auto meets = run([&] { return error_of([&] { sync.signal_and_wait("x", 2); }).first; });
  auto selects = run([&] { return select(on_ready(barrier), on_done(sync.lost())).index; });
  for (auto* one : {&bound, &timed, &reads, &meets}) one->until_blocked();
  plain.until_blocked();
  selects.until_blocked();
  EXPECT_FALSE(sync.lost().done());
  world->end();
  EXPECT_TRUE(sync.lost().done());
  const auto [how, text] = plain.join();
  EXPECT_EQ(how, status::session_lost);
  EXPECT_THAT(text, HasSubstr("barrier 'ready': 0 of 1"));
  for (auto* one : {&bound, &timed, &reads, &meets}) EXPECT_EQ(one->join(), status::session_lost);
  EXPECT_EQ(selects.join(), 1U);
  EXPECT_EQ(barrier.wait(scope.context()).status(), status::session_lost);  // and later ones
}

TEST_F(client_test, runs_do_not_see_each_other) {
  auto other = instance(0, 1, "another run");
  sync.signal_entry("ready");
  sync.publish<int>("n", 1);
  EXPECT_EQ(other.signal_entry("ready"), 1U);
  EXPECT_EQ(other.publish<std::string>("n", "x"), 1U);
  EXPECT_FALSE(other.barrier("ready", 2).try_wait());
}

TEST_F(client_test, states_and_topics_may_share_a_name) {
  sync.signal_entry("ready");
  EXPECT_EQ(sync.publish<int>("ready", 1), 1U);
  EXPECT_EQ(sync.signal_entry("ready"), 2U);
}

TEST_F(client_test, names_are_anything_printable_up_to_256_bytes) {
  for (const std::string& name : {std::string{"with spaces, and/slashes"}, std::string{"läuft ✓"},
                                  std::string(256, 'x'), std::string{" "}}) {
    EXPECT_EQ(sync.signal_entry(name), 1U) << name;
    EXPECT_EQ(sync.publish<int>(name, 1), 1U) << name;
    EXPECT_TRUE(sync.barrier(name, 1).try_wait()) << name;
  }
}

TEST_F(client_test, other_names_are_refused_by_every_verb) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"", "empty"},
      {std::string(257, 'x'), "256 bytes"},
      {"two\nlines", "control characters"},
      {std::string{"a\0b", 3}, "control characters"},
      {"\x7f", "control characters"}};
  for (const auto& one : refused) {
    const std::string& name = one.first;
    const std::vector errors{
        error_of([&] { sync.signal_entry(name); }),
        error_of([&] { static_cast<void>(sync.barrier(name, 0)); }),
        error_of([&] { sync.publish<int>(name, 1); }),
        error_of([&] { static_cast<void>(sync.subscribe<int>(name)); }),
    };
    for (const auto& [how, text] : errors) {
      EXPECT_EQ(how, status::unsupported);
      EXPECT_THAT(text, HasSubstr(one.second));
    }
  }
}

TEST_F(client_test, an_unknown_backend_is_an_error_that_lists_what_is_built_in) {
  for (const std::string url : {"redis://host:6379", "nonsense", "", ":", "LOCAL:"}) {
    const auto [how, text] = error_of([&] { static_cast<void>(lockstep::connect(url)); });
    EXPECT_EQ(how, status::unsupported);
    EXPECT_THAT(text, AllOf(HasSubstr("'" + url + "'"), HasSubstr("built in: local")));
  }
}

TEST_F(client_test, an_error_does_not_print_passwords) {
  const auto text =
      error_of([] { static_cast<void>(lockstep::connect("redis://me:secret@host:6379")); }).second;
  EXPECT_THAT(text, AllOf(HasSubstr("host:6379"), Not(HasSubstr("secret"))));
  const auto other =
      error_of([] { static_cast<void>(lockstep::connect("redis://h/?password=secr@et")); }).second;
  EXPECT_THAT(other, AllOf(HasSubstr("redis:..."), Not(HasSubstr("et'"))));
}

TEST_F(client_test, a_poll_of_a_subscription_that_has_ended_says_so) {
  auto cancelled = sync.subscribe<int>("t");
  auto lost = sync.subscribe<int>("t");
  cancelled.cancel();
  EXPECT_EQ(cancelled.try_recv().status(), status::cancelled);
  world->end();
  EXPECT_EQ(lost.try_recv().status(), status::session_lost);
}

TEST_F(client_test, the_end_of_the_session_ends_a_select_that_waits_for_a_state) {
  lockstep::channel<int> ch;
  auto meeting = sync.barrier("s", 1);
  auto waiting = support::run(
      [&] { return error_of([&] { lockstep::select(on_ready(meeting), on_recv(ch)); }).first; });
  waiting.until_blocked();
  world->end();
  EXPECT_EQ(waiting.join(), status::session_lost);
}

TEST_F(client_test, a_select_receives_from_a_subscription) {
  auto sub = sync.subscribe<std::string>("t");
  std::string got;
  auto waiting = support::run([&] {
    return lockstep::select(on_recv(sub, [&](std::string s) { got = std::move(s); }),
                            lockstep::on_timeout(std::chrono::hours{1}))
        .index;
  });
  waiting.until_blocked();
  sync.publish<std::string>("t", "x");
  EXPECT_EQ(waiting.join(), 0U);
  EXPECT_EQ(got, "x");
  EXPECT_EQ(sub.seq(), 1U);
  sub.cancel();
  EXPECT_EQ(lockstep::select(on_recv(sub)).status, status::cancelled);
}

}  // namespace
