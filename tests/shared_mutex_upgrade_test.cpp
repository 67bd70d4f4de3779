#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/shared_mutex_upgrade.hpp>
