// Named objects under many orders of the same tasks.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <lockstep/go.hpp>
#include <lockstep/runtime/sim.hpp>
#include <lockstep/this_task.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

// Runs f(client), in a world of its own, with each of these seeds.
template <class F>
void with_each_seed(std::uint64_t seeds, F f) {
  for (std::uint64_t seed = 0; seed < seeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    auto shared = std::make_shared<coord::local_world>();
    const auto scope = std::make_shared<coord::scope>(coord::scope{shared, "run", 0, 3});
    sim::world w{{.seed = seed}};
    w.go([&] { f(client{scope}, *shared); });
    EXPECT_EQ(w.run().verdict, sim::verdict::passed) << w.report();
  }
}

TEST(named_sim_test, conditional_changes_of_a_value_lose_nothing) {
  with_each_seed(300, [](client sync, coord::local_world&) {
    auto v = sync.value<int>("v");
    v.set(0);
    wait_group all;
    for (int task = 0; task < 3; ++task) {
      all.go([&] {
        for (int i = 0; i < 5; ++i) {
          for (auto seen = v.get(); !v.set_if(seen->version, seen->value + 1); seen = v.get()) {
          }
        }
      });
    }
    all.wait();
    EXPECT_EQ(v.get()->value, 15);
  });
}

TEST(named_sim_test, every_change_of_a_value_wakes_who_waits_for_it) {
  with_each_seed(300, [](client sync, coord::local_world&) {
    auto v = sync.value<int>("v");
    wait_group all;
    for (int task = 0; task < 2; ++task) {
      all.go([&] {
        std::uint64_t seen = 0;
        for (int last = 0; last < 10;) {
          v.after(seen).wait();
          const auto now = v.get();
          EXPECT_GT(now->version, seen);
          EXPECT_GE(now->value, last);
          seen = now->version;
          last = now->value;
        }
      });
    }
    for (int i = 1; i <= 10; ++i) v.set(i);
    all.wait();
  });
}

TEST(named_sim_test, a_group_is_not_waited_for_in_vain_or_too_short) {
  with_each_seed(300, [](client sync, coord::local_world&) {
    auto g = sync.wait_group("g");
    int done = 0;
    for (int task = 0; task < 3; ++task) {
      g.go([&] {
        g.go([&] {
          this_task::yield();
          ++done;
        });
        ++done;
      });
    }
    g.wait();
    EXPECT_EQ(done, 6);
  });
}

TEST(named_sim_test, an_epoch_of_a_gate_ends_for_all_who_wait_for_it) {
  with_each_seed(300, [](client sync, coord::local_world&) {
    auto g = sync.gate("g");
    auto epoch = g.set();
    wait_group all;
    for (int task = 0; task < 3; ++task) {
      all.go([&, epoch] { g.end_of(epoch).wait(); });
    }
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(g.unset(epoch));
      epoch = g.set();
    }
    all.wait();
    g.unset(epoch);
    g.wait();
  });
}

TEST(named_sim_test, the_end_of_the_session_ends_every_wait_wherever_it_is) {
  with_each_seed(500, [](client sync, coord::local_world& shared) {
    auto g = sync.gate("g");
    g.set();
    sync.wait_group("w").add(1);
    wait_group all;
    const auto lost = [&all](auto wait) {
      all.go([wait]() mutable {
        try {
          wait();
          ADD_FAILURE() << "a wait for what never came has returned";
        } catch (const error& e) {
          EXPECT_EQ(e.status(), status::session_lost);
        }
      });
    };
    lost([g]() mutable { g.wait(); });
    lost([sync]() mutable { sync.wait_group("w").wait(); });
    lost([sync]() mutable { sync.latch("l", 1).wait(); });
    lost([sync]() mutable { sync.value<int>("v").after(0).wait(); });
    lost([sync]() mutable { static_cast<void>(sync.topic<int>("t").subscribe().recv().value()); });
    this_task::yield();
    shared.end();
    all.wait();
  });
}

}  // namespace
