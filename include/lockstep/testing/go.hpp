// go.hpp: what starting and joining tasks does (MM-6, MM-7).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../go.hpp"
#include "../latch.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct go_suite : suite<R> {
  // Sets a flag when the last of its copies goes.
  struct on_destruction {
    explicit on_destruction(std::atomic<bool>& gone)
        : token{nullptr, [&gone](void*) { gone = true; }} {}
    std::shared_ptr<void> token;
  };
};
TYPED_TEST_SUITE(go_suite, runtimes, suite_names);

TYPED_TEST(go_suite, starts_a_task_that_sees_what_was_done_before) {
  this->proves("MM-6");
  basic_latch<TypeParam> ran{1};
  int before = 7;
  int seen = 0;
  go<TypeParam>([&] {
    seen = before;
    ran.count_down();
  });
  ran.wait();
  EXPECT_EQ(seen, 7);
}

TYPED_TEST(go_suite, a_task_shows_its_work_through_what_tells_of_its_end) {
  this->proves("MM-7");
  int by_latch = 0;  // not atomic: a missing happens-before is a data race
  int by_channel = 0;
  int by_join = 0;
  basic_latch<TypeParam> ended{1};
  basic_channel<void, TypeParam> told;
  go<TypeParam>([&] {
    by_latch = 1;
    ended.count_down();
  });
  go<TypeParam>([&] {
    by_channel = 2;
    told.send();
  });
  auto task = spawn<TypeParam>([&] { by_join = 4; });
  ended.wait();
  told.recv().value();
  task.join();
  EXPECT_EQ(by_latch + by_channel + by_join, 7);
}

TYPED_TEST(go_suite, runs_many_tasks_at_once) {
  constexpr int tasks = 100;
  basic_latch<TypeParam> met{tasks};
  basic_latch<TypeParam> left{tasks};
  for (int i = 0; i < tasks; ++i) {
    go<TypeParam>([&] {
      met.arrive_and_wait();  // passes only if all of them run
      left.count_down();
    });
  }
  left.wait();
}

TYPED_TEST(go_suite, takes_functions_that_can_only_be_moved_or_changed) {
  basic_latch<TypeParam> ran{1};
  go<TypeParam>([value = std::make_unique<int>(0), &ran]() mutable {
    ++*value;
    ran.count_down();
    return std::move(value);
  });
  ran.wait();
  EXPECT_EQ(spawn<TypeParam>([value = std::make_unique<int>(7)] { return *value; }).join(), 7);
}

TYPED_TEST(go_suite, a_task_is_known_by_its_name) {
  basic_channel<std::string, TypeParam> names{2};
  const auto tell = [&] { names.send(TypeParam::self()->name); };
  go<TypeParam>("worker", tell);
  EXPECT_EQ(*names.recv(), "worker");
  go<TypeParam>(tell);
  EXPECT_EQ(*names.recv(), "");
  const auto told = [] { return std::string{TypeParam::self()->name}; };
  EXPECT_EQ(spawn<TypeParam>("clerk", told).join(), "clerk");
  EXPECT_EQ(spawn<TypeParam>(std::string(100, 'x').c_str(), told).join(), std::string(47, 'x'));
}

TYPED_TEST(go_suite, a_joined_task_returns_its_result_and_shows_its_work) {
  this->proves("MM-7");
  int data = 0;
  auto task = spawn<TypeParam>([&] {
    data = 7;
    return std::string{"done"};
  });
  EXPECT_TRUE(task.joinable());
  EXPECT_EQ(task.join(), "done");
  EXPECT_EQ(data, 7);
  EXPECT_FALSE(task.joinable());
}

TYPED_TEST(go_suite, results_may_be_void_move_only_or_without_default) {
  bool ran = false;
  spawn<TypeParam>([&] { ran = true; }).join();
  EXPECT_TRUE(ran);
  EXPECT_EQ(*spawn<TypeParam>([] { return std::make_unique<int>(7); }).join(), 7);
  struct no_default {
    explicit no_default(int v) : value{v} {}
    int value;
  };
  EXPECT_EQ(spawn<TypeParam>([] { return no_default{8}; }).join().value, 8);
}

TYPED_TEST(go_suite, join_rethrows_what_the_task_threw) {
  auto value = spawn<TypeParam>([]() -> int { throw std::runtime_error{"from the task"}; });
  EXPECT_THROW(value.join(), std::runtime_error);
  EXPECT_FALSE(value.joinable());
  auto nothing = spawn<TypeParam>([] { throw std::logic_error{"from the task"}; });
  EXPECT_THROW(nothing.join(), std::logic_error);
}

TYPED_TEST(go_suite, an_exception_nobody_joins_for_is_dropped) {
  {
    auto task = spawn<TypeParam>([] { throw std::runtime_error{"unseen"}; });
  }
  SUCCEED();
}

TYPED_TEST(go_suite, join_waits_for_the_end) {
  basic_latch<TypeParam> go_on{1};
  auto task = spawn<TypeParam>([&] {
    go_on.wait();
    return 7;
  });
  EXPECT_FALSE(task.done());
  auto joiner = this->blocked([&] { return task.join(); });
  go_on.count_down();
  EXPECT_EQ(joiner.join(), 7);
}

TYPED_TEST(go_suite, a_task_that_has_ended_is_done) {
  auto task = spawn<TypeParam>([] { return 7; });
  while (!task.done()) this->pause(10us);
  EXPECT_EQ(task.join(), 7);
}

TYPED_TEST(go_suite, a_handle_joins_when_it_is_destroyed) {
  basic_latch<TypeParam> go_on{1};
  std::atomic<bool> ended{false};
  auto owner = this->blocked([&] {
    auto task = spawn<TypeParam>([&] {
      go_on.wait();
      ended = true;
    });
  });
  EXPECT_FALSE(ended);
  go_on.count_down();
  owner.join();
  EXPECT_TRUE(ended);
}

TYPED_TEST(go_suite, joining_waits_until_the_captures_are_gone) {
  for (int round = 0; round < 100; ++round) {
    std::atomic<bool> gone{false};
    spawn<TypeParam>([captured = typename TestFixture::on_destruction{gone}] {}).join();
    ASSERT_TRUE(gone);
  }
}

TYPED_TEST(go_suite, a_handle_can_be_moved_and_assigned) {
  auto a = spawn<TypeParam>([] { return 1; });
  auto b = std::move(a);
  EXPECT_FALSE(a.joinable());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(b.join(), 1);
  b = spawn<TypeParam>([] { return 2; });
  EXPECT_EQ(b.join(), 2);
  std::vector<decltype(b)> all;
  for (int i = 0; i < 10; ++i) all.push_back(spawn<TypeParam>([] { return 3; }));
  int sum = 0;
  for (auto& task : all) sum += task.join();
  EXPECT_EQ(sum, 30);
}

TYPED_TEST(go_suite, a_second_join_breaks_the_contract) {
  const contracts_throw contracts;
  auto task = spawn<TypeParam>([] { return 1; });
  task.join();
  EXPECT_THROW(task.join(), contracts_throw::violation);
}

TYPED_TEST(go_suite, the_owner_of_a_task_gets_what_its_detached_tasks_throw) {
  struct owner final : detail::task_owner {
    std::string text;
    basic_latch<TypeParam> told{1};
    void task_failed(std::exception_ptr failure) noexcept override {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        text = e.what();
      }
      told.count_down();
    }
  };
  owner mine;
  spawn<TypeParam>([&] {
    TypeParam::self()->owner = &mine;
    go<TypeParam>([] {  // owned by the grandparent's owner
      go<TypeParam>([] { throw std::runtime_error{"from a grandchild"}; });
    });
  }).join();
  mine.told.wait();
  EXPECT_EQ(mine.text, "from a grandchild");
}

}  // namespace lockstep::testing
