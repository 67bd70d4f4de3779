// Boost.Fiber's fibers, on a thread of theirs, pass every suite.

#include <lockstep/runtime/boost_fibers.hpp>
#include <lockstep/testing/world.hpp>

namespace lockstep::testing {
template <>
inline constexpr const char* runtime_name<watched<boost_fibers_runtime>> = "boost_fibers";
using runtimes = ::testing::Types<watched<boost_fibers_runtime>>;
}  // namespace lockstep::testing

#include <lockstep/testing/conformance.hpp>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const auto here = lockstep::boost_fibers::attach();  // for what tests do on `any`
  return RUN_ALL_TESTS();
}
