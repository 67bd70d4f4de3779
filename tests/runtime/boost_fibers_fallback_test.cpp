// Boost.Fiber's documented mutex and condition variable, in place of its waker, pass the same suites.

#define LOCKSTEP_BOOST_FIBERS_WAKER 0
#include <lockstep/runtime/boost_fibers.hpp>
#include <lockstep/testing/world.hpp>

namespace lockstep::testing {
template <>
inline constexpr const char* runtime_name<watched<boost_fibers_runtime>> = "boost_fibers";
using runtimes = ::testing::Types<watched<boost_fibers_runtime>>;
}  // namespace lockstep::testing

#include <lockstep/testing/channel.hpp>
#include <lockstep/testing/channel_close.hpp>
#include <lockstep/testing/channel_memory.hpp>
#include <lockstep/testing/channel_payload.hpp>
#include <lockstep/testing/channel_timed.hpp>
#include <lockstep/testing/condition_variable.hpp>
#include <lockstep/testing/parker.hpp>
#include <lockstep/testing/semaphore.hpp>
