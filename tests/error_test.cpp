#include "lockstep/error.hpp"

#include <gtest/gtest.h>

#include <lockstep/status.hpp>
#include <set>
#include <string>
#include <system_error>

namespace {

using lockstep::status;

constexpr int statuses = static_cast<int>(status::unavailable) + 1;

TEST(status_test, every_status_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int i = 0; i < statuses; ++i) names.insert(lockstep::to_string(static_cast<status>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(statuses));
  EXPECT_FALSE(names.contains("not a status"));
  EXPECT_STREQ(lockstep::to_string(static_cast<status>(statuses)), "not a status");
}

TEST(status_test, only_success_is_zero) {
  EXPECT_EQ(static_cast<int>(status::ok), 0);
  EXPECT_FALSE(make_error_code(status::ok));
  EXPECT_TRUE(make_error_code(status::closed));
}

TEST(error_test, keeps_status_and_text) {
  const lockstep::error e{status::timeout, "waiting for 'ready'"};
  EXPECT_EQ(e.status(), status::timeout);
  const std::string what = e.what();
  EXPECT_NE(what.find("waiting for 'ready'"), std::string::npos);
  EXPECT_NE(what.find("timeout"), std::string::npos);
  EXPECT_EQ(lockstep::error(status::gap, std::string{"text"}).status(), status::gap);
}

TEST(error_test, is_a_system_error_with_a_category_of_its_own) {
  try {
    lockstep::detail::raise(status::closed, "send");
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), status::closed);
    EXPECT_STREQ(e.code().category().name(), "lockstep");
    EXPECT_EQ(e.code().message(), "closed");
  }
}

TEST(error_test, a_status_converts_to_an_error_code) {
  const std::error_code code = status::cancelled;
  EXPECT_EQ(code, make_error_code(status::cancelled));
  EXPECT_NE(code, make_error_code(status::timeout));
  EXPECT_NE(code, std::error_code(static_cast<int>(status::cancelled), std::generic_category()));
}

}  // namespace
