// short_lock.hpp: a 4-byte lock for critical sections of a few dozen instructions.
//
// Uncontended: one compare-and-swap to lock, one load and one store to unlock. A waiter spins for
// a bounded time, yields, then sleeps on the futex. Unlocking by a plain store can miss a waiter
// that marks the word between the load and the store; that waiter sleeps at most one nap
// (200 us), so a lost wake-up costs a bounded delay and never a hang. In exchange the unlocking
// task's last touch of the lock is one store: the object around it may be destroyed by whoever
// locks next.
//
// Ordering: what X did before unlock() is visible to Y after the lock() that follows.
#pragma once

#include <atomic>
#include <cstdint>

#include "futex.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class short_lock {
 public:
  constexpr short_lock() noexcept = default;
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

  void lock() noexcept {
    std::uint32_t expected = free;
    // Acquire: pairs with the release store in unlock.
    if (!word_.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[unlikely]] {
      lock_contended();
    }
  }

  bool try_lock() noexcept { return try_lock_as(held); }

  void unlock() noexcept {
    const bool sleepers = word_.load(std::memory_order_relaxed) == contended;
    word_.store(free, std::memory_order_release);  // the last touch of a member
    if (sleepers) [[unlikely]]
      futex_wake_one(word_);
  }

 private:
  enum : std::uint32_t { free = 0, held = 1, contended = 2 };
  static constexpr duration nap{200'000};

  bool try_lock_as(std::uint32_t value) noexcept {
    std::uint32_t expected = free;
    return word_.load(std::memory_order_relaxed) == free &&
           word_.compare_exchange_weak(expected, value, std::memory_order_acquire,
                                       std::memory_order_relaxed);
  }

  LOCKSTEP_COLD void lock_contended() noexcept {
    if (spin_until([this] { return try_lock_as(held); })) return;
    // From here on lock as contended: others may sleep behind this one.
    while (!try_lock_as(contended)) {
      std::uint32_t expected = held;
      word_.compare_exchange_strong(expected, contended, std::memory_order_relaxed);
      futex_wait(word_, contended, std::chrono::steady_clock::now() + nap);
    }
  }

  std::atomic<std::uint32_t> word_{free};
};

// For lock_scope: the lock is held already.
struct adopt_t {};
inline constexpr adopt_t adopt{};

// Holds a short lock (or any other) for a scope. Can be released early, and taken again.
template <class Lock>
class [[nodiscard]] lock_scope {
 public:
  explicit lock_scope(Lock& to_hold) noexcept : lock_{&to_hold}, held_{true} { lock_->lock(); }
  // Takes over a lock that the caller holds.
  lock_scope(Lock& held, adopt_t) noexcept : lock_{&held}, held_{true} {}
  lock_scope(const lock_scope&) = delete;
  lock_scope& operator=(const lock_scope&) = delete;
  ~lock_scope() {
    if (held_) lock_->unlock();
  }
  void unlock() noexcept {
    lock_->unlock();
    held_ = false;
  }
  void lock() noexcept {
    lock_->lock();
    held_ = true;
  }

 private:
  Lock* lock_;
  bool held_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
