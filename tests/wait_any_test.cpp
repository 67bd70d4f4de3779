#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/wait_any.hpp>

namespace {

static_assert(lockstep::can_be_ready<lockstep::event>);
static_assert(!lockstep::can_be_ready<int>);
static_assert(!lockstep::can_be_ready<const lockstep::context>);

}  // namespace
