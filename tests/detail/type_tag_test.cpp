#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lockstep/detail/type_tag.hpp>
#include <string>
#include <vector>

struct named_type {};

namespace {

using lockstep::detail::type_tag;
using lockstep::detail::type_tag_of;
using ::testing::HasSubstr;

struct unnamed_namespaces_type {};

template <class T>
const type_tag& tag_of_local_type() {
  struct local {};
  return type_tag_of<local>;
}

// The tag that another shared library has.
type_tag elsewhere(const type_tag& t) { return t; }

TEST(type_tag_test, names_the_type) {
  EXPECT_EQ(type_tag_of<int>.name(), "int");
  EXPECT_EQ(type_tag_of<named_type>.name(), "named_type");
  EXPECT_THAT(type_tag_of<std::vector<int>>.name(), HasSubstr("vector<int"));
  EXPECT_THAT(type_tag_of<std::string>.name(), HasSubstr("string"));
}

TEST(type_tag_test, tells_types_apart) {
  EXPECT_TRUE(type_tag_of<int>.is(type_tag_of<int>));
  EXPECT_FALSE(type_tag_of<int>.is(type_tag_of<unsigned>));
  EXPECT_FALSE(type_tag_of<std::vector<int>>.is(type_tag_of<std::vector<long>>));
  EXPECT_FALSE(tag_of_local_type<int>().is(tag_of_local_type<char>()));
}

TEST(type_tag_test, knows_a_type_from_another_library) {
  EXPECT_TRUE(elsewhere(type_tag_of<named_type>).is(type_tag_of<named_type>));
  EXPECT_TRUE(elsewhere(type_tag_of<std::string>).is(type_tag_of<std::string>));
}

TEST(type_tag_test, takes_no_type_of_an_unnamed_namespace_for_that_of_another_file) {
  EXPECT_FALSE(
      elsewhere(type_tag_of<unnamed_namespaces_type>).is(type_tag_of<unnamed_namespaces_type>));
}

}  // namespace
