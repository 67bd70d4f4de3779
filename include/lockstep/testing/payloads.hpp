// payloads.hpp: values that make trouble for whoever passes them on.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace lockstep::testing {

// Counts how many of it live, and notices being destroyed twice.
class counted {
 public:
  inline static std::atomic<int> alive{0};

  counted(int v) : value{v}, self_{this} { ++alive; }
  counted(counted&& o) noexcept : value{std::exchange(o.value, -1)}, self_{this} { ++alive; }
  ~counted() {
    EXPECT_EQ(std::exchange(self_, nullptr), this);
    --alive;
  }

  int value;

 private:
  const counted* self_;
};

// Its moves and copies may throw, and do when told to. Counts how many of it live.
struct fragile {
  inline static std::atomic<int> alive{0};
  inline static std::atomic<bool> moves_throw{false};

  fragile(int v) : value{v} { ++alive; }
  fragile(const fragile& o) noexcept(false) : value{o.value} { ++alive; }
  fragile(fragile&& o) noexcept(false) : value{take(o)} { ++alive; }
  fragile& operator=(fragile&& o) noexcept(false) {
    value = take(o);
    return *this;
  }
  ~fragile() { --alive; }

  int value;

 private:
  static int take(fragile& o) {
    if (moves_throw) throw std::runtime_error{"moved"};
    return std::exchange(o.value, 0);
  }
};

// Its copies throw when told to.
struct reluctant {
  inline static std::atomic<bool> copies_throw{false};

  reluctant(int v) noexcept : value{v} {}
  reluctant(const reluctant& o) : value{o.value} {
    if (copies_throw) throw std::runtime_error{"copied"};
  }
  reluctant(reluctant&&) noexcept = default;
  reluctant& operator=(reluctant&&) noexcept = default;

  int value;
};

// Large, and more aligned than most.
struct alignas(128) wide {
  std::array<int, 100> numbers{};
};

// For a task to capture: takes its time to be destroyed, so that who does not wait for that is seen.
template <class R>
struct slow_capture {
  explicit slow_capture(bool& flag) : destroyed{&flag} {}
  slow_capture(slow_capture&& o) noexcept : destroyed{std::exchange(o.destroyed, nullptr)} {}
  ~slow_capture() {
    if (destroyed == nullptr) return;
    for (int i = 0; i < 1000; ++i) R::yield();
    *destroyed = true;
  }
  bool* destroyed;
};

// A function that never gets to the task that is to run it.
struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error{"copied"}; }
  void operator()() const {}
};

}  // namespace lockstep::testing
