#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <lockstep/detail/object_store.hpp>
#include <set>
#include <vector>

#include "support/world.hpp"

namespace {

using lockstep::detail::object_store;

struct alignas(64) thing {
  static inline int alive = 0;
  int number = 7;
  thing() { ++alive; }
  ~thing() { --alive; }
};

TEST(object_store_test, makes_objects_that_stay_where_they_are) {
  const int before = thing::alive;
  object_store<thing> store;
  std::vector<thing*> made;
  std::set<thing*> places;
  for (int i = 0; i < 10'000; ++i) {
    thing* const t = store.make();
    ASSERT_EQ(t->number, 7);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(t) % alignof(thing), 0U);
    t->number = i;
    made.push_back(t);
    ASSERT_TRUE(places.insert(t).second);
  }
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(made[static_cast<std::size_t>(i)]->number, i);
  for (thing* t : made) store.destroy(t);
  EXPECT_EQ(thing::alive, before);
}

TEST(object_store_test, uses_the_memory_of_those_destroyed) {
#if LOCKSTEP_ASAN
  GTEST_SKIP() << "the sanitizer keeps their memory from use";
#endif
  object_store<thing> store;
  std::set<thing*> first;
  for (int i = 0; i < 100; ++i) first.insert(store.make());
  for (thing* t : first) store.destroy(t);
  std::vector<thing*> second;
  for (int i = 0; i < 100; ++i) {
    second.push_back(store.make());
    EXPECT_TRUE(first.contains(second.back()));
    EXPECT_EQ(second.back()->number, 7) << "it is made anew";
  }
  for (thing* t : second) store.destroy(t);
}

TEST(object_store_test, leaves_its_memory_to_who_still_has_objects) {
  auto* const abandoned = new object_store<thing>;
  static thing* const kept = abandoned->make();  // for the leak sanitizer
  abandoned->abandon();
  delete abandoned;
  EXPECT_EQ(kept->number, 7);
}

}  // namespace
