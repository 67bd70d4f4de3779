// once.hpp: what once does (ON).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../latch.hpp"
#include "../once.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct once_suite : suite<R> {
  template <class T>
  using once_value = basic_once_value<T, R>;
};
TYPED_TEST_SUITE(once_suite, runtimes, suite_names);

TYPED_TEST(once_suite, runs_the_first_function_only) {
  this->proves("ON-1");
  basic_once<TypeParam> one;
  basic_once<TypeParam> other;
  std::string ran;
  one.call([&] { ran += "a"; });
  other.call([&] { ran += "b"; });
  one.call([&] { ran += "c"; });
  other.call([&] { ran += "d"; });
  EXPECT_EQ(ran, "ab");
}

TYPED_TEST(once_suite, holds_other_callers_until_the_function_has_ended) {
  this->proves("ON-1 MM-5");
  basic_once<TypeParam> o;
  basic_latch<TypeParam> go_on{1};
  int done = 0;  // not atomic: a missing happens-before is a data race
  const auto call = [&] {
    o.call([&] {
      go_on.wait();
      ++done;
    });
    EXPECT_EQ(done, 1);
  };
  auto first = this->blocked(call);
  auto second = this->blocked(call);
  auto third = this->blocked(call);
  go_on.count_down();
  first.join();
  second.join();
  third.join();
  EXPECT_EQ(done, 1);
}

TYPED_TEST(once_suite, shows_a_late_caller_what_the_function_did) {
  this->proves("MM-5");
  basic_once<TypeParam> o;
  int done = 0;  // not atomic: a missing happens-before is a data race
  std::atomic<bool> over{false};
  auto first = this->run([&] {
    o.call([&] { done = 1; });
    over.store(true, std::memory_order_relaxed);
  });
  while (!over.load(std::memory_order_relaxed)) TypeParam::yield();
  o.call([] { FAIL() << "it was called before"; });
  EXPECT_EQ(done, 1);
  first.join();
}

TYPED_TEST(once_suite, is_done_though_its_function_throws) {
  this->proves("ON-2");
  basic_once<TypeParam> o;
  basic_latch<TypeParam> go_on{1};
  auto first = this->blocked([&] {
    o.call([&] {
      go_on.wait();
      throw std::runtime_error{"no luck"};
    });
  });
  auto second = this->blocked([&] { o.call([] { FAIL() << "it was called before"; }); });
  go_on.count_down();
  EXPECT_THROW(first.join(), std::runtime_error);
  second.join();
  o.call([] { FAIL() << "it was called before"; });
}

TYPED_TEST(once_suite, is_not_called_by_the_function_it_runs) {
  this->proves("ON-3");
  static const void* object;
  struct recorded : std::exception {};
  const auto previous = set_contract_handler([](const contract_violation& v) {
    object = v.object;
    throw recorded{};
  });
  basic_once<TypeParam> o;
  EXPECT_THROW(o.call([&] { o.call([] {}); }), recorded);
  EXPECT_EQ(object, &o);
  auto in_a_task = this->run([] {
    basic_once<TypeParam> own;
    EXPECT_THROW(own.call([&] { own.call([] {}); }), recorded);
    EXPECT_EQ(object, &own);
  });
  in_a_task.join();
  set_contract_handler(previous);
}

TYPED_TEST(once_suite, may_be_called_by_the_function_of_another) {
  this->proves("ON-3");
  basic_once<TypeParam> outer;
  basic_once<TypeParam> inner;
  int ran = 0;
  outer.call([&] { inner.call([&] { ++ran; }); });
  EXPECT_EQ(ran, 1);
}

TYPED_TEST(once_suite, computes_a_value_when_it_is_first_asked_for) {
  this->proves("ON-1");
  int ran = 0;
  typename TestFixture::template once_value<std::string> v{[&] {
    ++ran;
    return std::string(100, 'x');
  }};
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(v.get(), std::string(100, 'x'));
  EXPECT_EQ(&v.get(), &v());
  EXPECT_EQ(ran, 1);
}

TYPED_TEST(once_suite, keeps_a_value_that_cannot_be_moved) {
  struct fixed {
    explicit fixed(int n) : number{n} {}
    fixed(const fixed&) = delete;
    int number;
  };
  typename TestFixture::template once_value<fixed> v{[] { return fixed{7}; }};
  EXPECT_EQ(v().number, 7);
}

TYPED_TEST(once_suite, holds_who_asks_for_the_value_while_it_is_computed) {
  this->proves("ON-1 MM-5");
  basic_latch<TypeParam> go_on{1};
  typename TestFixture::template once_value<int> v{[&] {
    go_on.wait();
    return 7;
  }};
  auto first = this->blocked([&] { return v.get(); });
  auto second = this->blocked([&] { return v.get(); });
  go_on.count_down();
  EXPECT_EQ(first.join(), 7);
  EXPECT_EQ(second.join(), 7);
}

TYPED_TEST(once_suite, throws_the_same_exception_from_every_get) {
  this->proves("ON-2");
  int ran = 0;
  typename TestFixture::template once_value<int> v{[&]() -> int {
    ++ran;
    throw std::runtime_error{"no luck"};
  }};
  const std::exception* thrown[2] = {};
  for (const auto*& e : thrown) {
    try {
      static_cast<void>(v.get());
    } catch (const std::runtime_error& failure) {
      e = &failure;
    }
  }
  EXPECT_NE(thrown[0], nullptr);
  EXPECT_EQ(thrown[0], thrown[1]);
  EXPECT_EQ(ran, 1);
}

TYPED_TEST(once_suite, lets_go_of_the_function_once_it_has_run) {
  const auto token = std::make_shared<int>(7);
  {
    typename TestFixture::template once_value<int> v{[token] { return *token; }};
    EXPECT_EQ(token.use_count(), 2);
    EXPECT_EQ(v.get(), 7);
    EXPECT_EQ(token.use_count(), 1);
  }
  {
    const typename TestFixture::template once_value<int> unused{[token] { return *token; }};
  }
  EXPECT_EQ(token.use_count(), 1);
}

TYPED_TEST(once_suite, stays_where_it_is) {
  using object = basic_once<TypeParam>;
  using value = basic_once_value<int, TypeParam>;
  EXPECT_FALSE(std::is_copy_constructible_v<object> || std::is_copy_assignable_v<object>);
  EXPECT_FALSE(std::is_move_constructible_v<object> || std::is_move_assignable_v<object>);
  EXPECT_FALSE(std::is_copy_constructible_v<value> || std::is_copy_assignable_v<value>);
  EXPECT_FALSE((std::is_constructible_v<value, value&>));
}

}  // namespace lockstep::testing
