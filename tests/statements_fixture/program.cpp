// Tests that make statements.py find something wrong.
#include <gtest/gtest.h>

namespace {

template <class R>
struct proof : testing::Test {};
using runtimes = testing::Types<short, long>;
struct names {
  template <class R>
  static const char* GetName(int) {
    return sizeof(R) == sizeof(short) ? "one" : "two";
  }
};
TYPED_TEST_SUITE(proof, runtimes, names);

TYPED_TEST(proof, of_both) { this->RecordProperty("statements", "OK-1"); }

TYPED_TEST(proof, of_one) {
  if (sizeof(TypeParam) == sizeof(short)) this->RecordProperty("statements", "HALF-1");
}

TYPED_TEST(proof, that_is_skipped) {
  this->RecordProperty("statements", "SKIP-1");
  GTEST_SKIP();
}

TYPED_TEST(proof, that_fails) {
  this->RecordProperty("statements", "FAIL-1");
  ADD_FAILURE();
}

TEST(plain_proof, of_all) { RecordProperty("statements", "ALL-1 NONE-1"); }

}  // namespace
