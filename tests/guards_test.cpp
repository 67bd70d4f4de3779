#include <gtest/gtest.h>

#include <lockstep/guards.hpp>
#include <lockstep/mutex.hpp>
#include <mutex>
#include <type_traits>

namespace {

using namespace std;  // on purpose: the names of the guards clash with none of the standard's
using namespace lockstep;

struct noting {
  std::string calls;
  site last{};
  void lock(site where = site::current()) {
    calls += "lock ";
    last = where;
  }
  void unlock() { calls += "unlock "; }
  void lock_shared(site where = site::current()) {
    calls += "lock_shared ";
    last = where;
  }
  void unlock_shared() { calls += "unlock_shared "; }
};

TEST(guards_test, a_lock_is_held_for_the_scope) {
  lockstep::mutex m;
  {
    const holding hold{m};
    EXPECT_FALSE(m.try_lock());
  }
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(guards_test, the_place_of_a_guard_is_the_place_of_the_operation) {
  noting m;
  {
    const holding hold{m};
    EXPECT_STREQ(m.last.file, __FILE__);
    EXPECT_EQ(m.last.line, static_cast<unsigned>(__LINE__ - 2));
  }
  { const holding_shared hold{m}; }
  EXPECT_EQ(m.calls, "lock unlock lock_shared unlock_shared ");
  EXPECT_EQ(m.last.line, static_cast<unsigned>(__LINE__ - 2));
}

TEST(guards_test, guards_stay_where_they_are) {
  EXPECT_FALSE(is_copy_constructible_v<holding<lockstep::mutex>>);
  EXPECT_FALSE(is_move_constructible_v<holding_shared<noting>>);
}

}  // namespace
