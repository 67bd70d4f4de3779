// A runtime of a user's own passes every suite: one that blocks on what the standard has, so nothing
// depends on the futex.

#include <condition_variable>
#include <lockstep/runtime/threads.hpp>
#include <lockstep/testing/world.hpp>
#include <mutex>
#include <utility>

namespace {

struct my_runtime : lockstep::threads_runtime {
  using short_lock = std::mutex;
  class parker {
   public:
    void park() {
      std::unique_lock hold{lock_};
      changed_.wait(hold, [this] { return std::exchange(permit_, false); });
    }
    bool park_until(lockstep::time_point deadline) {
      std::unique_lock hold{lock_};
      return changed_.wait_until(hold, deadline, [this] { return std::exchange(permit_, false); });
    }
    void unpark() noexcept {
      const std::lock_guard hold{lock_};  // still held when the owner is told: it may destroy this
      permit_ = true;
      changed_.notify_one();
    }

   private:
    std::mutex lock_;
    std::condition_variable changed_;
    bool permit_ = false;
  };
};

}  // namespace

namespace lockstep::testing {
using runtimes = ::testing::Types<watched<my_runtime>>;
}
#include <lockstep/testing/conformance.hpp>
