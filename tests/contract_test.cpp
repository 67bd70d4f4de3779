#include "lockstep/contract.hpp"

#include <gtest/gtest.h>

#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>
#include <lockstep/mutex.hpp>
#include <string>

#include "support/world.hpp"

namespace {

using lockstep::contract_violation;
using lockstep::set_contract_handler;

// Keeps what a handler was told, and throws.
struct remembered {
  inline static contract_violation last{};
  struct thrown {};

  const lockstep::contract_handler before = set_contract_handler([](const contract_violation& v) {
    last = v;
    throw thrown{};
  });
  remembered() = default;
  remembered(const remembered&) = delete;
  ~remembered() { set_contract_handler(before); }
};

template <class R>
struct contract_test : ::testing::Test {
  using channel = lockstep::basic_channel<int, R>;

  void SetUp() override { ::testing::GTEST_FLAG(death_test_style) = "threadsafe"; }
};
TYPED_TEST_SUITE(contract_test, support::runtimes, support::runtime_names);

TYPED_TEST(contract_test, a_handler_is_told_the_rule_the_object_and_the_place) {
  const remembered handler;
  lockstep::basic_mutex<TypeParam> m;
  // clang-format off
  const unsigned line = __LINE__; EXPECT_THROW(m.unlock(), remembered::thrown);
  // clang-format on
  EXPECT_STREQ(remembered::last.rule, "unlock of a mutex that is not locked");
  EXPECT_EQ(remembered::last.object, &m);
  EXPECT_STREQ(remembered::last.where.file, __FILE__);
  EXPECT_EQ(remembered::last.where.line, line);
  EXPECT_STREQ(remembered::last.task, "");
}

TYPED_TEST(contract_test, an_object_is_usable_after_its_contract_was_broken) {
  const remembered handler;
  lockstep::basic_mutex<TypeParam> m;
  EXPECT_THROW(m.unlock(), remembered::thrown);
  m.lock();
  EXPECT_FALSE(m.try_lock());
  m.unlock();
}

TYPED_TEST(contract_test, the_default_prints_the_violation_and_aborts) {
  EXPECT_DEATH(
      {
        typename TestFixture::channel ch;
        ch.close();
        ch.close();
      },
      "broken contract: close of a closed channel.*contract_test.cpp");
}

TYPED_TEST(contract_test, the_process_aborts_when_a_handler_returns) {
  EXPECT_DEATH(
      {
        set_contract_handler([](const contract_violation& v) { std::fputs(v.rule, stderr); });
        lockstep::basic_mutex<TypeParam>{}.unlock();
        std::fputs("went on", stderr);
      },
      "unlock of a mutex that is not locked$");
}

TEST(contract_handler_test, installing_one_returns_the_one_before) {
  const lockstep::contract_handler mine = [](const contract_violation&) {};
  const auto before = set_contract_handler(mine);
  EXPECT_EQ(set_contract_handler(nullptr), mine);
  EXPECT_EQ(set_contract_handler(before), nullptr);
}

TEST(contract_handler_test, an_expectation_that_holds_is_not_reported) {
  const remembered handler;
  lockstep::detail::expects(true, "holds", nullptr, lockstep::site::current());
  EXPECT_THROW(
      lockstep::detail::expects(false, "does not hold", nullptr, lockstep::site::current()),
      remembered::thrown);
  EXPECT_STREQ(remembered::last.rule, "does not hold");
}

TEST(contract_test, the_message_names_the_task_that_broke_it) {
  static std::string name;
  const auto before = set_contract_handler(
      [](const contract_violation& v) { throw(name = v.task, std::runtime_error{v.rule}); });
  auto worker = lockstep::spawn("worker", [] {
    lockstep::mutex m;
    m.unlock();
  });
  EXPECT_THROW(worker.join(), std::runtime_error);
  set_contract_handler(before);
  EXPECT_EQ(name, "worker");
}

}  // namespace
