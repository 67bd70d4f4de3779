#include "lockstep/coord/wait_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <lockstep/concepts.hpp>
#include <lockstep/select.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <string>
#include <utility>

#include "named_world.hpp"
#include "support/world.hpp"

namespace {

using lockstep::status;
using support::run;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

static_assert(lockstep::wait_group_like<lockstep::wait_group>);
static_assert(lockstep::wait_group_like<lockstep::threads::wait_group>);
static_assert(lockstep::wait_group_like<lockstep::coord::wait_group>);

using named_wait_group_test = support::named_world;

// What holds for a group that tasks share as for one that instances share.
template <lockstep::wait_group_like Group>
void expect_a_wait_group(Group& g) {
  g.wait();
  g.add(2);
  EXPECT_EQ(static_cast<status>(g.try_wait_for(1ms)), status::timeout);
  auto waits = run([&] { g.wait(); });
  waits.until_blocked();
  g.done();
  g.done();
  waits.join();
  std::atomic<int> ran{0};
  for (int i = 0; i < 10; ++i) g.go([&] { ++ran; });
  g.wait();
  EXPECT_EQ(ran, 10);
  EXPECT_EQ(lockstep::select(on_ready(g)).index, 0U);
}

TEST_F(named_wait_group_test, has_the_api_of_a_wait_group) {
  lockstep::wait_group shared_by_tasks;
  expect_a_wait_group(shared_by_tasks);
  auto shared_by_name = sync.wait_group("g");
  expect_a_wait_group(shared_by_name);
}

TEST_F(named_wait_group_test, is_one_for_all_who_open_it) {
  sync.wait_group("g").add(1);
  auto waits = run([this] { other.wait_group("g").wait(); });
  waits.until_blocked();
  instance(2).wait_group("g").done();
  waits.join();
}

TEST_F(named_wait_group_test, waits_for_what_was_added_while_it_waited) {
  auto g = sync.wait_group("g");
  g.add(1);
  auto waits = run([&] { g.wait(); });
  waits.until_blocked();
  other.wait_group("g").add(1);
  g.done();
  waits.until_blocked();
  g.done();
  waits.join();
}

// A counter with whose reading something else happens.
class eventful final : public lockstep::coord::counter {
 public:
  explicit eventful(lockstep::coord::counter& c) : of_{c} {}
  lockstep::outcome<std::uint64_t> add(std::uint64_t delta,
                                       lockstep::coord::participant who) override {
    return of_.add(delta, who);
  }
  std::uint64_t get() override {
    const std::uint64_t seen = of_.get();
    if (auto then = std::exchange(then_, nullptr)) then();
    return seen;
  }
  bool arm(std::uint64_t at_least, lockstep::coord::participant who,
           lockstep::detail::alarm& a) override {
    return of_.arm(at_least, who, a);
  }
  void disarm(lockstep::detail::alarm& a) override { of_.disarm(a); }
  lockstep::coord::progress progress() override { return of_.progress(); }
  std::uint64_t revision() override { return of_.revision(); }
  void after_next_get(std::function<void()> f) { then_ = std::move(f); }

 private:
  lockstep::coord::counter& of_;
  std::function<void()> then_;
};

// The local world, but for what is added.
class eventful_world final : public lockstep::coord::backend {
 public:
  lockstep::coord::counter& counter_named(const std::string& name) override {
    if (name.find("/added/") == std::string::npos) return world.counter_named(name);
    return added;
  }
  lockstep::coord::log& log_named(const std::string& name) override {
    return world.log_named(name);
  }
  lockstep::coord::cell& cell_named(const std::string& name) override {
    return world.cell_named(name);
  }
  lockstep::coord::roster& roster_named(const std::string& name,
                                        const lockstep::coord::roster_rule& rule) override {
    return world.roster_named(name, rule);
  }
  std::unique_ptr<lockstep::coord::session> open_session() override { return world.open_session(); }
  [[nodiscard]] lockstep::context lost() const override { return world.lost(); }

  lockstep::coord::local_world world;
  eventful added{world.counter_named("added")};
};

TEST_F(named_wait_group_test, is_not_done_by_what_was_added_while_it_looked) {
  const auto backend = std::make_shared<eventful_world>();
  lockstep::client c{
      std::make_shared<lockstep::coord::scope>(lockstep::coord::scope{backend, "run", 0, 1})};
  auto g = c.wait_group("g");
  g.add(1);  // and runs on
  const auto another_comes_and_goes = [&g] {
    g.add(1);
    g.done();
  };
  backend->added.after_next_get(another_comes_and_goes);
  EXPECT_FALSE(g.try_wait());
  backend->added.after_next_get(another_comes_and_goes);
  EXPECT_EQ(lockstep::select(on_ready(g), lockstep::on_default()).index, 1U);
  g.done();
  g.wait();
}

TEST_F(named_wait_group_test, says_how_many_are_done) {
  auto g = sync.wait_group("g");
  g.add(3);
  g.done();
  const auto late = g.try_wait_for(1ms);
  EXPECT_THAT(late.text(), MatchesRegex("wait group 'g': 1 of 3 done after .*"));
}

TEST_F(named_wait_group_test, done_too_often_says_so) {
  auto g = sync.wait_group("g");
  g.add(1);
  g.done();
  const auto [how, text] = error_of([&] { g.done(); });
  EXPECT_EQ(how, status::too_many);
  EXPECT_THAT(text, HasSubstr("wait group 'g': 2 are done of 1"));
  EXPECT_EQ(error_of([&] { g.add(-1); }).first, status::unsupported);
}

TEST_F(named_wait_group_test, ends_with_the_session) {
  auto g = sync.wait_group("g");
  g.add(1);
  auto waits = run([&] { return error_of([&] { g.wait(); }).first; });
  waits.until_blocked();
  world->end();
  EXPECT_EQ(waits.join(), status::session_lost);
  EXPECT_EQ(error_of([&] { g.done(); }).first, status::session_lost);
  EXPECT_EQ(error_of([&] { g.add(); }).first, status::session_lost);
}

}  // namespace
