// conformance.hpp: all suites that a runtime has to pass; see world.hpp.
#pragma once

#include "barrier.hpp"
#include "channel.hpp"
#include "channel_ends.hpp"
#include "condition_variable.hpp"
#include "context.hpp"
#include "go.hpp"
#include "latch.hpp"
#include "mutex.hpp"
#include "parker.hpp"
#include "select.hpp"
#include "semaphore.hpp"
#include "this_task.hpp"
#include "topic.hpp"
#include "wait_group.hpp"
#include "world.hpp"
