// short_lock.hpp: a lock for critical sections of a few dozen instructions.
//
// Uncontended: one compare-and-swap to lock, one load and one store to unlock. A waiter spins for
// a bounded time, yields, then sleeps on the futex. Unlocking by a plain store can miss a waiter
// that marks the word between the load and the store; that waiter sleeps at most one nap
// (200 us), so a lost wake-up costs a bounded delay and never a hang. In exchange the unlocking
// task's last touch of the lock is one store: the object around it may be destroyed by whoever
// locks next.
//
// A thread can have a bias (of its own: a number): it may leave locks biased towards itself, and then
// takes and drops them without any atomic read-modify-write. The first other thread to want such a
// lock revokes the bias, with a barrier in all threads, for good. Fibers alone on a thread profit.
// (Kawachiya, Koseki, Onodera: "Lock reservation", OOPSLA 2002; Dice: asymmetric Dekker.)
//
// Ordering: what X did before unlock() is visible to Y after the lock() that follows.
#pragma once

#include <atomic>
#include <cstdint>

#include "futex.hpp"
#include "membarrier.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The word of locks that are biased towards this thread; 0 for a thread without a bias. (Inlined reads
// are safe in code that may change threads: fibers of a thread with a bias stay there, and all others
// read 0 wherever they are.)
LOCKSTEP_TLS std::uint32_t thread_bias = 0;

class short_lock {
 public:
  constexpr short_lock() noexcept = default;
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

  void lock() noexcept {
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    // Acquire: pairs with the release store in unlock.
    if (word != free || !word_.compare_exchange_strong(word, held, std::memory_order_acquire,
                                                       std::memory_order_relaxed)) [[unlikely]] {
      lock_otherwise(word);
    }
  }

  // Never waits: false also while the lock is biased, to whomever.
  bool try_lock() noexcept {
    std::uint32_t word = free;
    return word_.compare_exchange_strong(word, held, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  void unlock() noexcept {
    const std::uint32_t word = word_.load(std::memory_order_relaxed);
    if (word != held) [[unlikely]]
      return unlock_otherwise(word);
    word_.store(free, std::memory_order_release);  // the last touch of a member, as below
  }

  // Unlocks, and leaves the lock biased towards this thread if it has a bias and nobody objects.
  void unlock_biased() noexcept {
    if (thread_bias != 0 && word_.load(std::memory_order_relaxed) == held &&
        inside_.load(std::memory_order_relaxed) == nobody) {
      return word_.store(thread_bias, std::memory_order_release);
    }
    unlock();
  }

  // A bias that no other thread has had.
  static std::uint32_t new_bias() noexcept {
    static constinit std::atomic<std::uint32_t> biases{0};
    return (biases.fetch_add(1, std::memory_order_relaxed) + 1) << 2U | bias_mark;
  }

 private:
  // The word: one of these, or a bias.
  enum : std::uint32_t { free = 0, held = 1, contended = 2, bias_mark = 3 };
  // Whether the owner of the bias is inside; after a bias was revoked, that there is to be no other.
  enum : std::uint32_t { nobody = 0, owner = 1, never_again = 2 };
  static constexpr std::uint32_t revoking = bias_mark;  // a bias that nobody has
  static constexpr duration nap{200'000};

  static bool is_biased(std::uint32_t word) noexcept { return (word & bias_mark) == bias_mark; }

  // With a biased lock. True: it is ours, and now locked.
  bool enter_as_owner(std::uint32_t word) noexcept {
    if (word != thread_bias) return false;
    inside_.store(owner, std::memory_order_relaxed);
    barrier_made_by_others();
    // Either this sees that the bias is being revoked, or revoke() sees the owner inside.
    if (word_.load(std::memory_order_relaxed) == word) [[likely]]
      return true;
    inside_.store(nobody, std::memory_order_release);
    return false;
  }

  // Takes a biased lock from its owner. True: it is now locked, and biased no more.
  bool revoke(std::uint32_t bias, std::uint32_t value) noexcept {
    // Acquire: pairs with the release in unlock_biased.
    if (bias == revoking ||
        !word_.compare_exchange_strong(bias, revoking, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
      return false;
    }
    barrier_in_all_threads();
    // Acquire: pairs with the release by which the owner left.
    const auto left = [this] { return inside_.load(std::memory_order_acquire) != owner; };
    while (!spin_until(left)) {
      futex_wait(inside_, owner, std::chrono::steady_clock::now() + nap);
    }
    inside_.store(never_again, std::memory_order_relaxed);
    word_.store(value, std::memory_order_relaxed);
    return true;
  }

  bool try_lock_as(std::uint32_t value) noexcept {
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    if (is_biased(word)) [[unlikely]]
      return enter_as_owner(word) || revoke(word, value);
    return word == free && word_.compare_exchange_weak(word, value, std::memory_order_acquire,
                                                       std::memory_order_relaxed);
  }

  // Out of line, yet not unlikely: for a fiber alone on its thread.
  [[gnu::noinline]] void lock_otherwise(std::uint32_t word) noexcept {
    if (!is_biased(word) || !enter_as_owner(word)) lock_contended();
  }
  [[gnu::noinline]] void unlock_otherwise(std::uint32_t word) noexcept {
    if (is_biased(word)) return inside_.store(nobody, std::memory_order_release);
    word_.store(free, std::memory_order_release);
    futex_wake_one(word_);
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
  std::atomic<std::uint32_t> inside_{nobody};
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
  // Leaves the lock to the caller, as it is.
  Lock& release() noexcept {
    held_ = false;
    return *lock_;
  }

 private:
  Lock* lock_;
  bool held_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
