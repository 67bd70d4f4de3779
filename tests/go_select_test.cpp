#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/go_select.hpp>
#include <lockstep/testing/go_select_crowd.hpp>
