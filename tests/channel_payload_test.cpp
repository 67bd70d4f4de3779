#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/channel_payload.hpp>
