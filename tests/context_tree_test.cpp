#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <malloc.h>

#include <lockstep/testing/context_tree.hpp>

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

#if defined(__OPTIMIZE__) && !LOCKSTEP_TSAN && !defined(__SANITIZE_ADDRESS__)
constexpr int many = 1'000'000;
#else
constexpr int many = 100'000;
#endif

// Bytes that the program has allocated and not given back.
std::size_t in_use() { return ::mallinfo2().uordblks; }

TEST(context_tree_test, a_million_contexts_on_one_parent_leave_memory_flat) {
  Test::RecordProperty("statements", "CTX-6");
  const context_key<int> key;
  cancel_scope parent;
  const auto derive = [&](int i) {
    cancel_scope child{with_value(parent.context(), key, i), 1h};
    cancel_scope grandchild{child.context()};
    if (i % 3 == 0) child.cancel(std::exception_ptr{});
    if (i % 3 == 1) grandchild.cancel(std::runtime_error{"enough"});
    return *grandchild.context().value(key) == i;
  };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(derive(i));
  const std::size_t before = in_use();
  int correct = 0;
  for (int i = 0; i < many; ++i) correct += derive(i);
  EXPECT_EQ(correct, many);
  EXPECT_LE(in_use(), before + 4096);
  EXPECT_EQ(parent.context().status(), status::ok);
}

TEST(context_tree_test, a_long_chain_of_values_is_taken_apart_without_recursion) {
  const context_key<int> key;
  const context_key<int> first;
  context ctx = with_value(context{}, first, -1);
  for (int i = 0; i < many; ++i) ctx = with_value(ctx, key, i);
  EXPECT_EQ(*ctx.value(first), -1);
  ctx = context{};
}

}  // namespace
