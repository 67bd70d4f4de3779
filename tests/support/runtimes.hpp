// runtimes.hpp: the runtimes on which the suites of lockstep/testing run here.
#pragma once

#include <lockstep/runtime/any.hpp>
#include <lockstep/runtime/threads.hpp>
#include <lockstep/testing/world.hpp>

namespace lockstep::testing {

template <>
inline constexpr const char* runtime_name<watched<threads_runtime>> = "threads";
template <>
inline constexpr const char* runtime_name<watched<any_runtime>> = "any";

using runtimes = ::testing::Types<watched<threads_runtime>, watched<any_runtime>>;

}  // namespace lockstep::testing
