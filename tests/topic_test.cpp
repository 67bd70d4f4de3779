#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/testing/topic.hpp>
#include <lockstep/testing/topic_end.hpp>
