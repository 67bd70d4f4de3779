#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <lockstep/runtime/stack/slab.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::detail::stack_guard;
using lockstep::detail::stack_shelf;
using lockstep::detail::stack_slab;

constexpr std::size_t kib = 1024;

[[maybe_unused]] std::int64_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::int64_t all = 0;
  std::int64_t resident = 0;
  in >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST(slab_test, gives_stacks_of_whole_pages_that_do_not_overlap) {
  stack_slab slab{10'000};
  const std::size_t bytes = slab.stack_bytes();
  EXPECT_GE(bytes, 10'000U);
  EXPECT_EQ(bytes % static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)), 0U);
  std::vector<char*> tops;
  for (int i = 0; i < 100; ++i) {
    tops.push_back(slab.take());
    std::memset(tops.back() - bytes, i, bytes);
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(*(tops[static_cast<std::size_t>(i)] - bytes), i);
    EXPECT_EQ(*(tops[static_cast<std::size_t>(i)] - 1), i);
  }
}

TEST(slab_test, gives_the_stack_first_that_came_back_last) {
  stack_slab slab{16 * kib};
  char* const a = slab.take();
  char* const b = slab.take();
  slab.give(a);
  slab.give(b);
  EXPECT_EQ(slab.take(), b);
  EXPECT_EQ(slab.take(), a);
}

#if !LOCKSTEP_ASAN && !LOCKSTEP_TSAN
TEST(slab_test, commits_only_what_is_touched) {
  stack_slab slab{64 * kib};
  constexpr int n = 2000;
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < n; ++i) *(slab.take() - 1) = 1;
  const std::int64_t each = (resident_bytes() - before) / n;
  EXPECT_GE(each, 4 * 1024 - 512);
  EXPECT_LT(each, 6 * 1024);
}

TEST(slab_test, a_stack_that_overflows_stops_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto overflow = [] {
    stack_slab slab{16 * kib};
    static_cast<void>(slab.take());  // so that there is a stack below
    *(slab.take() - slab.stack_bytes() - 1) = 1;
  };
  EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGSEGV), "");
}

TEST(slab_test, one_of_many_stacks_that_overflows_stops_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto overflow = [] {
    stack_slab slab{16 * kib};
    for (int i = 0; i < 3000; ++i) static_cast<void>(slab.take());
    *(slab.take() - slab.stack_bytes() - 1) = 1;
  };
  EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGSEGV), "");
}

TEST(slab_test, a_protected_page_stops_the_process_where_the_kernel_has_no_guard_regions) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto overflow = [] {
    stack_slab slab{16 * kib, 10};
    char* const top = slab.take();
    if (slab.guard() != stack_guard::page) return;
    *(top - slab.stack_bytes() - 1) = 1;
  };
  EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGSEGV), "");
}
#endif

TEST(slab_test, gives_its_protected_pages_back) {
  for (int i = 0; i < 100; ++i) {
    stack_slab slab{16 * kib, 50};
    static_cast<void>(slab.take());
    EXPECT_NE(slab.guard(), stack_guard::watched) << i;
  }
}

TEST(slab_test, watches_the_stacks_for_which_the_process_has_no_protected_page_left) {
  stack_slab slab{16 * kib, 0};
  char* const top = slab.take();
  EXPECT_EQ(slab.guard(), stack_guard::watched);
  EXPECT_FALSE(slab.has_overflowed(top));
  std::memset(top - 100, 1, 100);
  EXPECT_FALSE(slab.has_overflowed(top));
  *(top - slab.stack_bytes() + 8) = 1;
  EXPECT_TRUE(slab.has_overflowed(top));
}

TEST(slab_test, serves_several_threads) {
  stack_slab slab{16 * kib};
  std::vector<std::vector<char*>> taken(2);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          mine.push_back(slab.take());
          if (i % 3 == 0) {
            slab.give(mine.back());
            mine.pop_back();
          }
        }
      });
    }
  }
  std::set<char*> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), taken[0].size() + taken[1].size());
}

TEST(slab_test, a_shelf_has_larger_stacks_on_request) {
  stack_shelf shelf{16 * kib};
  EXPECT_EQ(&shelf.at_least(0), &shelf.standard());
  EXPECT_EQ(&shelf.at_least(shelf.standard().stack_bytes()), &shelf.standard());
  auto& larger = shelf.at_least(600 * kib);
  EXPECT_EQ(larger.stack_bytes(), 1024 * kib);
  EXPECT_EQ(&shelf.at_least(1024 * kib), &larger);
  EXPECT_THROW(static_cast<void>(shelf.at_least(std::size_t{2} << 30U)), lockstep::error);
}

}  // namespace
