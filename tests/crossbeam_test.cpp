#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/crossbeam.hpp>
#include <lockstep/testing/crossbeam_crowd.hpp>
