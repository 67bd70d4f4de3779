// shared_mutex_fixture.hpp: what the suites about shared mutexes share.
#pragma once

#include <gtest/gtest.h>

#include "../shared_mutex.hpp"
#include "world.hpp"

namespace lockstep::testing {

template <class R>
struct shared_mutex_fixture : suite<R> {
  using mutex = basic_shared_mutex<R>;

  // Tasks that are blocked for m, and then hold it; somebody else unlocks it for them.
  static auto writer(mutex& m) {
    return suite<R>::blocked([&m] { m.lock(); });
  }
  static auto reader(mutex& m) {
    return suite<R>::blocked([&m] { m.lock_shared(); });
  }
  static auto upgrader(mutex& m) {
    return suite<R>::blocked([&m] { m.lock_upgrade(); });
  }

  // In which mode a mutex is held: what could be locked beside it at once.
  static bool is_free(mutex& m) {
    const bool free = m.try_lock();
    if (free) m.unlock();
    return free;
  }
  static bool admits_readers(mutex& m) {
    const bool admits = m.try_lock_shared();
    if (admits) m.unlock_shared();
    return admits;
  }
  static bool admits_upgraders(mutex& m) {
    const bool admits = m.try_lock_upgrade();
    if (admits) m.unlock_upgrade();
    return admits;
  }
};

}  // namespace lockstep::testing
