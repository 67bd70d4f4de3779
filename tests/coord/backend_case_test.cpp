#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/context.hpp>
#include <lockstep/coord/backend_case.hpp>
#include <lockstep/select.hpp>
#include <new>
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
  void get_ready() { ready_ = true; }
  void fail_to_arm() { fails_ = true; }
  [[nodiscard]] bool is_armed() const { return alarm_ != nullptr; }

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
  choice.until_blocked();
  w.get_ready();
  w.ring();
  EXPECT_EQ(choice.join(), status::ok);
}

TEST(backend_case_test, waits_on_when_its_alarm_rings_for_nothing) {
  waitable w;
  auto choice = support::run([&] { return select(on(w, [](status) {})).status; });
  for (int i = 0; i < 3; ++i) {
    choice.until_blocked();
    while (!w.is_armed()) std::this_thread::yield();
    w.ring();
  }
  while (!w.is_armed()) std::this_thread::yield();
  choice.until_blocked();
  w.get_ready();
  w.ring();
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
