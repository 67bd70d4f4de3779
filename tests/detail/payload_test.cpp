#include <gtest/gtest.h>

#include <lockstep/detail/payload.hpp>
#include <lockstep/testing/payloads.hpp>
#include <stdexcept>
#include <utility>

namespace {

using lockstep::status;
using lockstep::detail::boxed;
using lockstep::detail::with_carrier;
using lockstep::testing::counted;
using lockstep::testing::fragile;

template <class T>
void expect_the_value_stays_if_it_is_not_sent() {
  T v{7};
  EXPECT_EQ(with_carrier<T>(std::move(v), [](auto&) { return status::timeout; }), status::timeout);
  EXPECT_EQ(v.value, 7);
  const auto fails = [](auto&) -> status { throw std::runtime_error{"no memory"}; };
  EXPECT_THROW(with_carrier<T>(std::move(v), fails), std::runtime_error);
  EXPECT_EQ(v.value, 7);
}

TEST(payload_test, a_value_that_was_not_sent_stays_with_its_sender) {
  static_assert(!boxed<counted>);
  expect_the_value_stays_if_it_is_not_sent<counted>();
}

TEST(payload_test, a_value_in_a_box_that_was_not_sent_goes_back_to_its_sender) {
  static_assert(boxed<fragile>);
  expect_the_value_stays_if_it_is_not_sent<fragile>();
}

}  // namespace
