// futex.hpp: sleeping and waking on a word, and how long to spin before it.
//
// Sleep and wake are the operating system's futex where it has one, std::atomic::wait elsewhere.
// Strays are tolerated on both sides: sleepers re-check their word, and a wake-up of an address
// whose object is gone wakes nobody.
#pragma once

#include <atomic>
#include <cstdint>

#include "../clock.hpp"
#include "../detail/config.hpp"

#if LOCKSTEP_FUTEX
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include <sched.h>
#include <time.h>

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Tells the processor that this is a spin loop.
inline void relax_cpu() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// Processors this process may use, read once.
inline bool has_many_cpus() noexcept {
  static constinit std::atomic<int> cached{0};
  int n = cached.load(std::memory_order_relaxed);
  if (n == 0) {
#ifdef __linux__
    cpu_set_t set;
    n = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
    n = 2;
#endif
    cached.store(n, std::memory_order_relaxed);
  }
  return n > 1;
}

// Spins until ready() or until it no longer pays; returns whether ready() was seen. Mostly yields:
// a hundred pauses between two yields made hand-overs two to three times slower on a busy machine
// with two processors, the only one tried; likely they keep the other side from running.
template <class Ready>
bool spin_until(Ready ready) noexcept {
  for (int rounds = has_many_cpus() ? 16 : 3; rounds > 0; --rounds) {
    if (ready()) return true;
    relax_cpu();
    if (ready()) return true;
    ::sched_yield();
  }
  return ready();
}

#if LOCKSTEP_FUTEX

// The half of the word that a futex compares: its low 32 bits.
template <class Word>
std::uint32_t* futex_address(std::atomic<Word>& word) noexcept {
  auto* p = reinterpret_cast<std::uint32_t*>(&word);
  return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && sizeof(Word) == 8 ? p + 1 : p;
}

// Sleeps while word == expected, at most until deadline on CLOCK_MONOTONIC. May return early.
template <class Word>
void futex_wait(std::atomic<Word>& word, std::uint32_t expected, time_point deadline) noexcept {
  timespec at{};
  if (deadline != never) {
    const auto ns = deadline.time_since_epoch().count();
    if (ns <= 0) return;
    at.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    at.tv_nsec = static_cast<long>(ns % 1'000'000'000);
  }
  ::syscall(SYS_futex, futex_address(word), FUTEX_WAIT_BITSET_PRIVATE, expected,
            deadline != never ? &at : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
}

template <class Word>
void futex_wake_one(std::atomic<Word>& word) noexcept {
  ::syscall(SYS_futex, futex_address(word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

#else

template <class Word>
void futex_wait(std::atomic<Word>& word, std::uint32_t expected, time_point deadline) noexcept {
  if (deadline == never) return word.wait(static_cast<Word>(expected), std::memory_order_acquire);
  // std::atomic has no timed wait: naps of at most 100 us, re-checked by the caller.
  const auto left = deadline - std::chrono::steady_clock::now();
  if (left <= duration::zero()) return;
  const timespec nap{0, static_cast<long>(left.count() < 100'000 ? left.count() : 100'000)};
  ::nanosleep(&nap, nullptr);
}

template <class Word>
void futex_wake_one(std::atomic<Word>& word) noexcept {
  word.notify_one();
}

#endif

// One binary permit in a word: idle, posted, or asleep. The word may vanish once post's exchange
// made the permit visible; the wake-up call after it uses the address only as a hint.
enum : std::uint32_t { permit_idle = 0, permit_posted = 1, permit_asleep = 2 };

// On a busy machine so much time may go by in spinning: a wait that is to end sooner does not.
inline constexpr duration spins_may_take{10'000'000};

// Waits for the permit and takes it: true. False: the deadline came first, and none is taken.
template <class Word>
bool permit_take(std::atomic<Word>& word, time_point deadline) noexcept {
  const auto posted = [&word] { return word.load(std::memory_order_acquire) == permit_posted; };
  const bool short_wait =
      deadline != never && deadline < std::chrono::steady_clock::now() + spins_may_take;
  if (short_wait || !spin_until(posted)) {
    Word idle = permit_idle;
    if (word.compare_exchange_strong(idle, permit_asleep, std::memory_order_acquire)) {
      while (!posted()) {
        if (deadline != never && std::chrono::steady_clock::now() >= deadline) {
          Word asleep = permit_asleep;
          if (word.compare_exchange_strong(asleep, permit_idle, std::memory_order_acquire)) {
            return false;
          }
          break;  // posted meanwhile
        }
        futex_wait(word, permit_asleep, deadline);
      }
    }
  }
  word.store(permit_idle, std::memory_order_relaxed);
  return true;
}

template <class Word>
void permit_post(std::atomic<Word>& word) noexcept {
  // Release: pairs with the acquire loads in permit_take; what the poster did is seen by the taker.
  if (word.exchange(permit_posted, std::memory_order_release) == permit_asleep) {
    futex_wake_one(word);
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
