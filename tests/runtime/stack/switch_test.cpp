#include <gtest/gtest.h>

#include <boost/context/fiber.hpp>
#include <exception>
#include <lockstep/runtime/stack/slab.hpp>
#include <lockstep/runtime/stack/switch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace lockstep::detail;

// Two routines on stacks of their own, and the thread that takes turns with them.
class duet {
 public:
  using routine = void (*)(duet&);

  duet(routine a, routine b) {
    adopt_thread(thread_, main_);
    bodies_[0] = a;
    bodies_[1] = b;
    current_duet = this;
    for (int i = 0; i < 2; ++i) {
      tops_[i] = slab_.take();
      prepare(parts_[i], tops_[i], slab_.stack_bytes(), &duet::entry);
    }
  }
  duet(const duet&) = delete;
  ~duet() {
    for (int i = 0; i < 2; ++i) {
      dispose(parts_[i]);
      slab_.give(tops_[i]);
    }
  }

  // From the thread: lets routine i go on until it pauses or ends.
  void resume(int i) {
    running_ = i;
    departure d{&main_, &thread_, [](departure&) noexcept {}};
    depart(d, parts_[i]);
  }
  // From a routine: back to the thread.
  void pause() { leave(false); }

  std::vector<std::string> seen;

 private:
  static void entry(boost::context::detail::transfer_t t) {
    flow unborn;
    begin(arrive(t, unborn));
    duet& self = *current_duet;
    self.bodies_[self.running_](self);
    self.leave(true);
  }
  void leave(bool for_good) {
    departure d{&parts_[running_], &thread_, [](departure&) noexcept {}, for_good};
    depart(d, main_);
  }

  static inline duet* current_duet = nullptr;
  stack_slab slab_{64 * 1024};
  flow_thread thread_;
  flow main_;
  flow parts_[2];
  char* tops_[2] = {};
  routine bodies_[2] = {};
  int running_ = 0;
};

std::string current_message() {
  try {
    std::rethrow_exception(std::current_exception());
  } catch (const std::exception& e) {
    return e.what();
  }
}

// Throws and catches `what`, pauses inside the catch block, and says what is then being handled.
template <class Pause>
std::string pause_in_catch(const char* what, Pause pause) {
  try {
    throw std::runtime_error{what};
  } catch (const std::exception&) {
    pause();
    try {
      throw;
    } catch (const std::exception& e) {
      return e.what();
    }
  }
}

TEST(switch_test, routines_take_turns_and_keep_their_frames) {
  duet d{[](duet& self) {
           for (int i = 0; i < 3; ++i) {
             self.seen.push_back("a" + std::to_string(i));
             self.pause();
           }
         },
         [](duet& self) {
           for (int i = 0; i < 3; ++i) {
             self.seen.push_back("b" + std::to_string(i));
             self.pause();
           }
         }};
  for (int i = 0; i < 3; ++i) {
    d.resume(0);
    d.resume(1);
  }
  EXPECT_EQ(d.seen, (std::vector<std::string>{"a0", "b0", "a1", "b1", "a2", "b2"}));
}

TEST(switch_test, what_has_to_be_done_for_a_flow_is_done_when_its_stack_is_left) {
  duet d{[](duet& self) { self.seen.push_back("ran"); }, [](duet&) {}};
  d.resume(0);
  d.resume(1);
  EXPECT_EQ(d.seen, std::vector<std::string>{"ran"});
}

TEST(switch_test, each_routine_handles_its_own_exception) {
  duet d{[](duet& self) { self.seen.push_back(pause_in_catch("a", [&] { self.pause(); })); },
         [](duet& self) { self.seen.push_back(pause_in_catch("b", [&] { self.pause(); })); }};
  d.resume(0);
  d.resume(1);
  d.resume(0);
  d.resume(1);
  EXPECT_EQ(d.seen, (std::vector<std::string>{"a", "b"}));
}

TEST(switch_test, a_routine_begins_with_no_exception_and_leaves_the_threads_alone) {
  duet d{[](duet& self) {
           self.seen.push_back(std::current_exception() ? "one" : "none");
           try {
             throw std::runtime_error{"inner"};
           } catch (const std::exception&) {
             self.pause();
           }
         },
         [](duet&) {}};
  try {
    throw std::runtime_error{"outer"};
  } catch (const std::exception&) {
    d.resume(0);
    EXPECT_EQ(current_message(), "outer");
    d.resume(0);
    EXPECT_EQ(current_message(), "outer");
  }
  EXPECT_EQ(d.seen, std::vector<std::string>{"none"});
}

// Pauses while an exception is in flight, and counts those before and after.
struct pauses_when_destroyed {
  duet* self;
  ~pauses_when_destroyed() {
    self->seen.push_back(std::to_string(std::uncaught_exceptions()));
    self->pause();
    self->seen.push_back(std::to_string(std::uncaught_exceptions()));
  }
};

TEST(switch_test, each_routine_counts_its_own_exceptions_in_flight) {
  duet d{[](duet& self) {
           try {
             const pauses_when_destroyed p{&self};
             throw 1;
           } catch (int) {
             self.seen.push_back("caught");
           }
         },
         [](duet& self) { self.seen.push_back(std::to_string(std::uncaught_exceptions())); }};
  d.resume(0);
  EXPECT_EQ(std::uncaught_exceptions(), 0);
  d.resume(1);
  d.resume(0);
  EXPECT_EQ(d.seen, (std::vector<std::string>{"1", "0", "1", "caught"}));
}

#if !LOCKSTEP_ASAN && !LOCKSTEP_TSAN
// Why the state is saved: the same in plain Boost.Context hands one fiber the other's exception.
TEST(switch_test, plain_boost_context_mixes_exceptions_up) {
  namespace bc = boost::context;
  std::vector<std::string> seen;
  const auto body = [&seen](const char* what) {
    return [&seen, what](bc::fiber&& back) {
      seen.push_back(pause_in_catch(what, [&back] { back = std::move(back).resume(); }));
      return std::move(back);
    };
  };
  bc::fiber a{body("a")};
  bc::fiber b{body("b")};
  a = std::move(a).resume();
  b = std::move(b).resume();
  a = std::move(a).resume();
  EXPECT_EQ(seen.front(), "b") << "Boost.Context keeps exceptions apart now";
  b = std::move(b).resume();
}
#endif

}  // namespace
