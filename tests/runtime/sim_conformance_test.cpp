// The simulator passes every suite.

#include <cstdlib>
#include <lockstep/runtime/sim.hpp>
#include <lockstep/testing/world.hpp>

namespace lockstep::testing {
template <>
inline constexpr const char* runtime_name<watched<sim_runtime>> = "sim";
using runtimes = ::testing::Types<watched<sim_runtime>>;
}  // namespace lockstep::testing

#include <lockstep/testing/conformance.hpp>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return lockstep::sim::run([] { return RUN_ALL_TESTS(); },
                            {.stack_bytes = std::size_t{256} << 10U});
}
