// fiber.hpp: a task with a stack of its own, and the queue of those that can run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../detail/config.hpp"
#include "../short_lock.hpp"
#include "../stack/stacked_flow.hpp"
#include "../task.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class fiber_commons;

// Serves one task after the other.
struct alignas(16) fiber : stacked_flow {
  fiber* next = nullptr;         // in a queue, or among those without a task
  task_closure* code = nullptr;  // the task; null while it ends, and without one
  fiber_commons* home = nullptr;
};

// A FIFO of fibers.
class fiber_list {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  void push(fiber& f) noexcept {
    f.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &f;
    last_ = &f;
  }
  void push_front(fiber& f) noexcept {
    f.next = first_;
    first_ = &f;
    if (last_ == nullptr) last_ = &f;
  }
  fiber* pop() noexcept {
    fiber* const f = first_;
    if (f != nullptr) {
      first_ = f->next;
      if (first_ == nullptr) last_ = nullptr;
    }
    return f;
  }
  // Moves all of `others` behind.
  void append(fiber_list& others) noexcept {
    if (others.empty()) return;
    (last_ != nullptr ? last_->next : first_) = others.first_;
    last_ = others.last_;
    others = {};
  }

 private:
  fiber* first_ = nullptr;
  fiber* last_ = nullptr;
};

// The fibers that one worker is to run. Others take some away only if it is shared; one that is not
// pays for no lock.
//
// A fiber that was just woken goes into a slot and runs next, while what it was told is still in the
// cache (Go's runnext); whom it displaces goes to the end of the queue. After a number of such turns
// in a row the queue gets one, so that two fibers that keep waking each other starve nobody.
class run_queue {
 public:
  explicit run_queue(bool shared) noexcept : shared_{shared} {}

  void push(fiber& f) noexcept {
    const hold_if_shared hold{*this};
    push_locked(f);
  }
  void push_next(fiber& f) noexcept {
    const hold_if_shared hold{*this};
    if (next_ != nullptr) push_locked(*next_);
    next_ = &f;
  }
  fiber* pop() noexcept {
    const hold_if_shared hold{*this};
    ++pops_;
    if (next_ != nullptr && (turns_ < most_turns || waiting_.empty())) {
      ++turns_;
      return take_next();
    }
    turns_ = 0;
    return pop_locked();
  }

  // For another worker: moves half of the queue, up to `most`, to `loot`.
  void steal(fiber_list& loot) noexcept {
    const lock_scope hold{lock_};
    for (std::size_t n = size_ < 2 * most_stolen ? (size_ + 1) / 2 : most_stolen; n > 0; --n) {
      loot.push(*pop_locked());
    }
  }
  // Also what is to run next, if nothing was taken from the queue since it was `pops` long ago:
  // then its worker is busy with one fiber.
  fiber* steal_next(std::uint64_t pops) noexcept {
    const lock_scope hold{lock_};
    return pops_ == pops ? take_next() : nullptr;
  }
  // How often fibers were taken by the worker.
  [[nodiscard]] std::uint64_t pops() noexcept {
    const lock_scope hold{lock_};
    return pops_;
  }
  [[nodiscard]] bool empty() noexcept {
    const hold_if_shared hold{*this};
    return next_ == nullptr && waiting_.empty();
  }

 private:
  static constexpr unsigned most_turns = 64;
  static constexpr std::size_t most_stolen = 64;

  class hold_if_shared {
   public:
    explicit hold_if_shared(run_queue& q) noexcept : lock_{q.shared_ ? &q.lock_ : nullptr} {
      if (lock_ != nullptr) lock_->lock();
    }
    hold_if_shared(const hold_if_shared&) = delete;
    ~hold_if_shared() {
      if (lock_ != nullptr) lock_->unlock();
    }

   private:
    short_lock* lock_;
  };

  void push_locked(fiber& f) noexcept {
    waiting_.push(f);
    ++size_;
  }
  fiber* pop_locked() noexcept {
    fiber* const f = waiting_.pop();
    if (f != nullptr) --size_;
    return f;
  }
  fiber* take_next() noexcept {
    fiber* const f = next_;
    next_ = nullptr;
    return f;
  }

  const bool shared_;
  short_lock lock_;
  unsigned turns_ = 0;
  fiber* next_ = nullptr;
  fiber_list waiting_;
  std::size_t size_ = 0;
  std::uint64_t pops_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
