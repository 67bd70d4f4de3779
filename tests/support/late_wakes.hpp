// late_wakes.hpp: a runtime whose wake-ups a test can hold back, so that it wins every race
// against the task that it wakes.
#pragma once

#include <lockstep/clock.hpp>
#include <mutex>
#include <vector>

namespace support {

// R, but for the wake-ups sent during the life of a `hold`: they arrive at its end.
template <class R>
struct late_wakes : R {
  class parker {
   public:
    void park() { inner_.park(); }
    bool park_until(lockstep::time_point deadline) { return inner_.park_until(deadline); }
    void unpark() noexcept {
      {
        const std::lock_guard guard{lock_};
        if (holds_ > 0) {
          held_back_.push_back(&inner_);
          return;
        }
      }
      inner_.unpark();
    }

   private:
    typename R::parker inner_;
  };

  class hold {
   public:
    hold() {
      const std::lock_guard guard{lock_};
      ++holds_;
    }
    hold(const hold&) = delete;
    ~hold() {
      std::vector<typename R::parker*> due;
      {
        const std::lock_guard guard{lock_};
        if (--holds_ == 0) due.swap(held_back_);
      }
      for (auto* parker : due) parker->unpark();
    }
  };

 private:
  static inline std::mutex lock_;
  static inline int holds_ = 0;
  static inline std::vector<typename R::parker*> held_back_;
};

}  // namespace support
