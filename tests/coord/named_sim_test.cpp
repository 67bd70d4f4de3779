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
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace {

using namespace lockstep;
using namespace std::chrono_literals;

// (A minute of switching stacks under the thread sanitizer.)
constexpr std::uint64_t many = LOCKSTEP_ASAN || LOCKSTEP_TSAN ? 1'000 : 10'000;

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

// Three participants take turns; the session of one is killed somewhere. Each has a client of its own.
struct participants {
  explicit participants(coord::local_world& world) {
    const std::shared_ptr<coord::backend> shared{std::shared_ptr<void>{}, &world};
    for (std::uint64_t i = 0; i < 3; ++i) {
      all.emplace_back(std::make_shared<coord::scope>(coord::scope{shared, "run", i, 3}));
    }
  }
  client& operator[](std::size_t i) { return all[i]; }
  // At some step, the session of the first.
  void kill_one(wait_group& with) {
    with.go([this] {
      for (auto turns = any_runtime::random() % 12; turns > 0; --turns) this_task::yield();
      static_cast<coord::local_session&>(all[0].session()).kill();
    });
  }
  std::vector<client> all;
};

// Runs f() until its session is lost.
template <class F>
void until_lost(F f) {
  try {
    f();
  } catch (const error& e) {
    EXPECT_EQ(e.status(), status::session_lost);
  }
}

TEST(named_sim_test, a_mutex_admits_one_at_a_time_and_fenced_writes_lose_nothing) {
  int overlaps = 0;
  int lost_updates = 0;
  with_each_seed(many, [&](client, coord::local_world& shared) {
    participants of{shared};
    wait_group all;
    std::uint64_t last_token = 0;
    int inside = 0;
    int unfenced = 0;
    int written = 0;
    int added = 0;
    of[0].value<int>("fenced").set(0);
    for (std::size_t i = 0; i < 3; ++i) {
      all.go([&, i] {
        until_lost([&] {
          auto m = of[i].mutex("m");
          auto v = of[i].value<int>("fenced");
          for (int k = 0; k < 3; ++k) {
            auto owner = m.acquire();
            EXPECT_GT(owner.token(), last_token) << "tokens are given in the order of admission";
            last_token = owner.token();
            if (++inside > 1) ++overlaps;  // one who does not know yet that it has lost it
            if (!v.fence(owner.token())) {
              --inside;
              continue;
            }
            const int seen = v.get()->value;
            const int seen_unfenced = unfenced;
            this_task::yield();
            unfenced = seen_unfenced + 1;
            ++written;
            if (v.set_fenced(owner.token(), seen + 1)) ++added;
            --inside;
          }
        });
      });
    }
    of.kill_one(all);
    all.wait();
    EXPECT_EQ(of[1].value<int>("fenced").get()->value, added);
    if (unfenced != written) ++lost_updates;
  });
  EXPECT_GT(overlaps, 0) << "the fault does not work";
  EXPECT_GT(lost_updates, 0) << "the fault does not work";
}

TEST(named_sim_test, a_semaphore_never_has_more_holders_than_permits_that_are_alive) {
  with_each_seed(many, [](client, coord::local_world& shared) {
    participants of{shared};
    wait_group all;
    int inside = 0;  // of the participants that are not killed
    for (std::size_t i = 0; i < 3; ++i) {
      all.go([&, i] {
        until_lost([&] {
          auto s = of[i].semaphore("s", 2);
          for (int k = 1; k < 5; ++k) {
            const int weight = k % 2 + 1;
            auto owner = s.hold(weight);
            if (i != 0) inside += weight;
            EXPECT_LE(inside, 2);
            this_task::yield();
            if (i != 0) inside -= weight;
          }
        });
      });
    }
    of.kill_one(all);
    all.wait();
    EXPECT_TRUE(of[1].semaphore("s", 2).try_acquire(2)) << "nothing stays behind";
  });
}

TEST(named_sim_test, a_shared_mutex_has_readers_or_one_writer) {
  with_each_seed(many, [](client, coord::local_world& shared) {
    participants of{shared};
    wait_group all;
    int readers = 0;
    int writers = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      all.go([&, i] {
        until_lost([&] {
          auto m = of[i].shared_mutex("m");
          for (std::size_t k = 0; k < 4; ++k) {
            if ((i + k) % 2 == 0) {
              auto reader = m.acquire_shared();
              if (i != 0) ++readers;
              EXPECT_EQ(writers, 0);
              this_task::yield();
              if (i != 0) --readers;
            } else {
              auto writer = m.try_acquire_for(std::chrono::milliseconds{k});
              if (!writer) continue;
              if (i != 0) ++writers;
              EXPECT_LE(writers, 1);
              EXPECT_EQ(readers, 0);
              this_task::sleep_for(1ms);
              if (i != 0) --writers;
            }
          }
        });
      });
    }
    of.kill_one(all);
    all.wait();
    EXPECT_TRUE(of[1].shared_mutex("m").try_acquire()) << "nothing stays behind";
  });
}

TEST(named_sim_test, a_double_barrier_has_n_in_each_generation_whoever_gives_up_or_dies) {
  std::uint64_t late = 0;  // entered when their time had run out
  with_each_seed(many, [&](client, coord::local_world& shared) {
    participants of{shared};
    wait_group all;
    std::map<std::uint64_t, int> entered;
    std::set<std::pair<std::uint64_t, std::uint64_t>> places;
    std::uint64_t open = 0;  // the generation of those who are in
    int inside = 0;          // of it, of those who are not killed
    for (std::size_t i = 0; i < 3; ++i) {
      all.go([&, i] {
        until_lost([&] {
          auto d = of[i].double_barrier("d", 2);
          for (int k = 0; k < 4; ++k) {
            const auto patience = std::chrono::milliseconds{1 + any_runtime::random() % 3};
            const time_point until = any_runtime::now() + patience;
            const auto in = d.enter_for(patience);
            if (!in) {
              if (in.status() == status::session_lost) return;
              continue;
            }
            if (any_runtime::now() >= until) ++late;
            EXPECT_LE(++entered[in->generation], 2);
            EXPECT_TRUE(places.emplace(in->generation, in->rank).second);
            EXPECT_TRUE(inside == 0 || open == in->generation);
            open = in->generation;
            if (i != 0) ++inside;
            this_task::sleep_for(std::chrono::milliseconds{any_runtime::random() % 2});
            if (i != 0) --inside;
            d.exit();
          }
        });
      });
    }
    const bool one_dies = any_runtime::random() % 2 == 0;
    if (one_dies) of.kill_one(all);
    all.wait();
    auto again = of[1].double_barrier("d", 2);
    EXPECT_EQ(again.enter_for(1ms).status(), status::timeout) << "nobody stayed behind";
    for (const auto& [generation, n] : entered) {
      EXPECT_TRUE(n == 2 || (one_dies && n == 1)) << generation << ": " << n;
    }
  });
  EXPECT_GT(late, 0U) << "nobody's time ran out in the moment of a release";
}

}  // namespace
