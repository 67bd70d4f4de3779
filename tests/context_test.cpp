#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/context.hpp>

#include "support/allocations.hpp"

namespace {

using namespace std::chrono_literals;
using lockstep::cancel_scope;

#if defined(__OPTIMIZE__) && !LOCKSTEP_TSAN && !defined(__SANITIZE_ADDRESS__)
constexpr int many = 1'000'000;
#else
constexpr int many = 100'000;
#endif

TEST(context_test, many_derived_and_cancelled_leave_nothing_behind) {
  RecordProperty("statements", "CTX-6");
  cancel_scope parent;
  { const cancel_scope warm_up{parent.context()}; }
  const auto before = support::allocations_live.load();
  for (int i = 0; i < many; ++i) {
    cancel_scope child{parent.context(), 1h};
    if (i % 2 == 0) child.cancel();
  }
  EXPECT_EQ(support::allocations_live, before);
  EXPECT_EQ(parent.context().status(), lockstep::status::ok);
}

}  // namespace
