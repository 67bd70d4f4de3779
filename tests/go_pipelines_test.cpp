#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/go_pipelines.hpp>
