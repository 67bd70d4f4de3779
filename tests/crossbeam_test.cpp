#include "support/runtimes.hpp"
// The suites' runtimes come first.
#include <lockstep/channel.hpp>
#include <lockstep/select.hpp>
#include <lockstep/testing/crossbeam.hpp>
#include <lockstep/testing/crossbeam_crowd.hpp>
#include <lockstep/testing/crossbeam_select.hpp>
#include <lockstep/testing/crossbeam_select_crowd.hpp>
#include <optional>
#include <thread>

namespace {

using namespace std::chrono_literals;

// Of a thread: waits in a select when the thread ends.
struct last_words {
  std::optional<lockstep::status>* heard;
  ~last_words() {
    lockstep::channel<int> silent;
    *heard = select(on_recv(silent), lockstep::on_timeout(1ms)).status;
  }
};

// As thread_locals.rs' use_while_exiting: the library's thread-locals are used first and still there
// last.
TEST(crossbeam_test, a_thread_may_wait_while_it_ends) {
  lockstep::channel<int> ch;
  std::optional<lockstep::status> heard;
  std::thread thread{[&] {
    thread_local const last_words own{&heard};
    EXPECT_EQ(ch.recv().value(), 7);
  }};
  ch.send(7);
  thread.join();
  EXPECT_EQ(heard, lockstep::status::timeout);
}

}  // namespace
