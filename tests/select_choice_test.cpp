#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/select_choice.hpp>
