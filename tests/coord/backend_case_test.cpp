#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/coord/backend_case.hpp>
#include <lockstep/select.hpp>
#include <new>
#include <thread>
#include <utility>

#include "support/world.hpp"

namespace {

using namespace lockstep;

// What a backend wakes, by hand.
class waitable {
 public:
  status poll() const { return ready_ ? status::ok : status::would_block; }
  bool arm(detail::alarm& a) {
    if (fails_) throw std::bad_alloc{};
    alarm_ = &a;
    return ready_;
  }
  void disarm(detail::alarm&) { alarm_ = nullptr; }
  context end() const { return {}; }
  void describe(char* text, std::size_t size) const { std::snprintf(text, size, "by hand"); }

  void ring() {
    detail::alarm* const a = alarm_.exchange(nullptr);
    ASSERT_NE(a, nullptr);
    ASSERT_TRUE(a->claim(*a));
    a->wake(*a);
  }
  // Whether it is armed, before long.
  [[nodiscard]] bool gets_armed() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (alarm_ == nullptr && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return alarm_ != nullptr;
  }
  void get_ready() { ready_ = true; }
  void fail_to_arm() { fails_ = true; }

 private:
  std::atomic<bool> ready_{false};
  bool fails_ = false;
  std::atomic<detail::alarm*> alarm_{nullptr};
};

template <class F>
auto on(waitable& w, F f) {
  return coord::backend_case<waitable, F>{w, std::move(f), site::current()};
}

TEST(backend_case_test, is_chosen_when_its_alarm_rings_and_it_is_ready) {
  waitable w;
  auto choice = support::run([&] { return select(on(w, [](status) {})).status; });
  EXPECT_TRUE(w.gets_armed());
  w.get_ready();
  w.ring();
  EXPECT_EQ(choice.join(), status::ok);
}

TEST(backend_case_test, waits_on_when_its_alarm_rings_for_nothing) {
  waitable w;
  auto choice = support::run([&] { return select(on(w, [](status) {})).status; });
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(w.gets_armed());
    w.ring();
  }
  EXPECT_TRUE(w.gets_armed());
  w.get_ready();
  if (w.gets_armed()) w.ring();
  EXPECT_EQ(choice.join(), status::ok);
}

TEST(backend_case_test, leaves_the_others_as_they_were_when_it_cannot_be_armed) {
  waitable w;
  w.fail_to_arm();
  channel<int> ch;
  EXPECT_THROW(select(on_recv(ch), on(w, [](status) {})), std::bad_alloc);
  EXPECT_EQ(ch.try_send(1), status::would_block);  // nobody waits, and nobody holds its lock
}

}  // namespace
