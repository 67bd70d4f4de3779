#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/wait_group.hpp>
#include <stdexcept>
#include <string>

#include "named_world.hpp"

namespace {

using namespace lockstep;

struct once_test : support::named_world {};

TEST_F(once_test, runs_a_function_once_and_gives_its_result_to_all) {
  std::atomic<int> runs{0};
  wait_group all;
  for (std::uint64_t i = 0; i < 10; ++i) {
    all.go([&, i] {
      const std::string result = instance(i).once("o", [&] {
        ++runs;
        return "of " + std::to_string(i);
      });
      EXPECT_EQ(result, sync.once("o", [] { return std::string{}; }));
    });
  }
  all.wait();
  EXPECT_EQ(runs, 1);
}

TEST_F(once_test, runs_a_function_without_a_result) {
  int runs = 0;
  for (client* c : {&sync, &other}) c->once("o", [&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST_F(once_test, runs_it_again_if_it_threw) {
  EXPECT_THROW(sync.once("o", []() -> int { throw std::runtime_error{"not now"}; }),
               std::runtime_error);
  EXPECT_EQ(other.once("o", [] { return 7; }), 7);
}

TEST_F(once_test, has_one_result_though_the_first_to_run_it_died) {
  const int result = sync.once("o", [&] {
    static_cast<coord::local_session&>(sync.session()).kill();
    EXPECT_EQ(other.once("o", [] { return 2; }), 2);
    return 1;
  });
  EXPECT_EQ(result, 2);
}

TEST_F(once_test, says_so_when_the_result_is_of_another_type) {
  sync.once("o", [] { return 7; });
  EXPECT_EQ(
      error_of([&] { static_cast<void>(other.once("o", [] { return std::string{}; })); }).first,
      status::mismatch);
}

}  // namespace
