// runtimes.hpp: the runtimes on which the suites of lockstep/testing run here. Where there is
// Boost.Context these are also fibers, for which tasks_main.cpp runs the tests in one.
#pragma once

#include <lockstep/runtime/any.hpp>
#include <lockstep/runtime/threads.hpp>
#include <lockstep/testing/world.hpp>
#if LOCKSTEP_TEST_FIBERS
#include <lockstep/runtime/fibers.hpp>
#endif

namespace lockstep::testing {

template <>
inline constexpr const char* runtime_name<watched<threads_runtime>> = "threads";
template <>
inline constexpr const char* runtime_name<watched<any_runtime>> = "any";

#if LOCKSTEP_TEST_FIBERS
template <>
inline constexpr const char* runtime_name<watched<fibers_runtime>> = "fibers";
using bare_runtimes = ::testing::Types<threads_runtime, any_runtime, fibers_runtime>;
using runtimes =
    ::testing::Types<watched<threads_runtime>, watched<any_runtime>, watched<fibers_runtime>>;
#else
using bare_runtimes = ::testing::Types<threads_runtime, any_runtime>;
using runtimes = ::testing::Types<watched<threads_runtime>, watched<any_runtime>>;
#endif

// For tests of the runtimes as they are, without notes taken.
struct bare_runtime_names {
  template <class R>
  static std::string GetName(int) {
    return runtime_name<watched<R>>;
  }
};

}  // namespace lockstep::testing
