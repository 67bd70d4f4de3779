#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/select_acquire.hpp>
#include <lockstep/testing/select_values.hpp>
