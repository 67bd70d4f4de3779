// Storms of selects: over the same channels in opposite orders, against close and cancel, and on
// objects that are destroyed as soon as select has returned. No value may be lost or invented, and
// nobody may be left behind.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <lockstep/context.hpp>
#include <lockstep/latch.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/select.hpp>
#include <lockstep/semaphore.hpp>
#include <lockstep/topic.hpp>
#include <lockstep/wait_group.hpp>
#include <memory>
#include <random>

#include "support/world.hpp"

namespace {

using namespace lockstep;
using namespace std::chrono_literals;
using random_source = std::mt19937_64;

// Ends the process if nothing moves for half a minute.
class watchdog {
 public:
  void moved() noexcept { moves_.fetch_add(1, std::memory_order_relaxed); }
  ~watchdog() { stop_.count_down(); }

 private:
  std::atomic<std::uint64_t> moves_{0};
  threads::latch stop_{1};
  support::background<void> looks_{[this] {
    std::uint64_t seen = ~std::uint64_t{0};
    while (stop_.try_wait_for(30s) == status::timeout) {
      if (std::exchange(seen, moves_.load()) != moves_.load()) continue;
      std::fprintf(stderr, "nothing has moved for half a minute\n");
      std::abort();
    }
  }};
};

// What went into channels and what came out: number and sum.
struct account {
  std::uint64_t values = 0;
  std::uint64_t sum = 0;

  void add(std::uint64_t v) {
    ++values;
    sum += v;
  }
  account& operator+=(const account& o) {
    values += o.values;
    sum += o.sum;
    return *this;
  }
  bool operator==(const account&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const account& a) {
    return out << a.values << " values with sum " << a.sum;
  }
};

template <class R>
struct select_stress : ::testing::Test {
  using channel = basic_channel<std::uint64_t, R>;

  // One side of the books, for one task.
  struct books {
    account sent, received;
  };

  // Runs `tasks` times body(random, books) at once, and adds their books up.
  books storm(int tasks, std::function<void(random_source&, books&)> body) {
    std::list<support::background<books>> running;
    for (int i = 0; i < tasks; ++i) {
      running.emplace_back([&body, seed = seed_ + ++tasks_] {
        random_source random{seed};
        books own;
        body(random, own);
        return own;
      });
    }
    books all;
    for (auto& task : running) {
      const books own = task.join();
      all.sent += own.sent;
      all.received += own.received;
    }
    return all;
  }
  bool over() const { return std::chrono::steady_clock::now() >= end_; }

  // Takes what is still buffered.
  static account drain(channel& ch) {
    account left;
    while (auto v = ch.try_recv()) left.add(*v);
    return left;
  }
  static auto receive(channel& ch, books& own) {
    return on_recv(ch, [&own](outcome<std::uint64_t> v) {
      if (v) own.received.add(*v);
    });
  }
  static auto send(channel& ch, std::uint64_t v, books& own) {
    return on_send(ch, v, [v, &own] { own.sent.add(v); });
  }
  // Runs select(cases...), of which a send may find its channel closed.
  template <class... Cases>
  static selected select_until_closed(Cases&&... cases) {
    try {
      return select(std::forward<Cases>(cases)...);
    } catch (const error& e) {
      return {0, e.status()};
    }
  }

  watchdog progress;

 private:
  const std::uint64_t seed_ = support::seed();
  std::uint64_t tasks_ = 0;
  const std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + support::stress_time();
};
TYPED_TEST_SUITE(select_stress, support::runtimes, support::runtime_names);

TYPED_TEST(select_stress, opposite_orders_never_deadlock_and_lose_nothing) {  // SEL-4 SEL-8
  std::uint64_t values = 0;
  for (std::size_t round = 0; !this->over(); ++round) {
    typename TestFixture::channel a{round % 3}, b{round % 3};
    auto all = this->storm(4, [&](random_source& random, auto& own) {
      for (int i = 0; i < 1000; ++i) {
        auto& first = i % 2 == 0 ? a : b;
        auto& second = i % 2 == 0 ? b : a;
        const auto v = random();
        const auto receive = [&](auto& ch) { return this->receive(ch, own); };
        const auto send = [&](auto& ch) { return this->send(ch, v, own); };
        switch (random() % 4) {
          case 0: select(receive(first), send(second), on_timeout(1us)); break;
          case 1: select(receive(first), receive(second), on_timeout(1us)); break;
          case 2: select(send(first), send(second), on_timeout(1us)); break;
          default:
            select(send(first), receive(first), receive(second), send(second), on_timeout(1us));
        }
        this->progress.moved();
      }
    });
    all.received += this->drain(a);
    all.received += this->drain(b);
    values += all.sent.values;
    ASSERT_EQ(all.sent, all.received);
  }
  EXPECT_GT(values, 0U);
}

TYPED_TEST(select_stress, selects_without_a_deadline_serve_each_other) {  // SEL-8 SEL-9
  typename TestFixture::channel a, b;
  std::atomic<int> running{4};
  // Every task offers and accepts on both: whoever is blocked meets the next one that comes. The
  // last of them has nobody to meet, and is released by the end of the context.
  cancel_scope end;
  const auto all = this->storm(4, [&](random_source& random, auto& own) {
    const auto v = random();
    while (!this->over()) {
      select(this->receive(a, own), this->send(b, v, own), this->receive(b, own),
             this->send(a, v, own), on_done(end.context()));
      this->progress.moved();
    }
    if (--running <= 1) end.cancel();
  });
  EXPECT_GT(all.sent.values, 0U);
  EXPECT_EQ(all.sent, all.received);
}

TYPED_TEST(select_stress, close_ends_selects_and_loses_nothing) {  // SEL-6 SEL-11 CH-5
  for (std::size_t round = 0; !this->over(); ++round) {
    typename TestFixture::channel a{round % 3}, b{round % 2};
    std::atomic<int> role{0};
    auto all = this->storm(5, [&](random_source& random, auto& own) {
      const int me = role++;
      for (std::uint64_t i = 0;; ++i) {
        const auto v = random();
        selected s{};
        if (me == 0 && i == 20) {
          a.close();
          b.close();
        }
        if (me < 3) {
          s = this->select_until_closed(this->receive(a, own), this->receive(b, own));
        } else {
          s = this->select_until_closed(this->send(b, v, own), this->send(a, v, own));
        }
        if (s.status == status::closed) break;
        this->progress.moved();
      }
    });
    all.received += this->drain(a);
    all.received += this->drain(b);
    ASSERT_EQ(all.sent, all.received);
  }
}

TYPED_TEST(select_stress, cancel_ends_selects_and_loses_nothing) {  // SEL-4 SEL-10
  for (std::size_t round = 0; !this->over(); ++round) {
    typename TestFixture::channel a{round % 3}, b{round % 2};
    cancel_scope scope;
    std::atomic<int> role{0};
    auto all = this->storm(4, [&](random_source& random, auto& own) {
      const int me = role++;
      for (std::uint64_t i = 0;; ++i) {
        if (me == 0 && i == 20) scope.cancel();
        const auto v = random();
        const auto s = select(this->receive(me % 2 == 0 ? a : b, own),
                              this->send(me % 2 == 0 ? b : a, v, own), on_done(scope.context()));
        if (s.index == 2) break;
        this->progress.moved();
      }
    });
    all.received += this->drain(a);
    all.received += this->drain(b);
    ASSERT_EQ(all.sent, all.received);
  }
}

TYPED_TEST(select_stress, permits_are_neither_lost_nor_made) {  // SEL-4 SM-2
  basic_semaphore<TypeParam> s{3};
  basic_mutex<TypeParam> m;
  std::uint64_t guarded = 0;  // belongs to the owner of m
  const auto all = this->storm(4, [&](random_source& random, auto& own) {
    while (!this->over()) {
      const auto k = 1 + static_cast<std::ptrdiff_t>(random() % 3);
      const auto patience = std::chrono::microseconds{random() % 50};
      const auto chosen = select(on_acquire(s, k), on_acquire(m), on_timeout(patience)).index;
      if (chosen == 0) s.release(k);
      if (chosen == 1) {
        ++guarded;
        own.sent.add(1);
        m.unlock();
      }
      this->progress.moved();
    }
  });
  EXPECT_EQ(s.available(), 3);
  EXPECT_TRUE(m.try_lock());
  EXPECT_EQ(guarded, all.sent.values);
  m.unlock();
}

TYPED_TEST(select_stress, a_subscription_in_a_select_misses_nothing) {
  basic_topic<std::uint64_t, TypeParam> t;
  typename TestFixture::channel noise;
  std::atomic<int> role{0};
  constexpr int readers = 2;
  const auto all = this->storm(readers + 1, [&](random_source& random, auto& own) {
    if (role++ == 0) {
      while (!this->over()) {
        const auto v = random();
        t.publish(v);
        own.sent.add(v);
        select(on_send(noise, v), on_default());
        this->progress.moved();
      }
      return t.close();
    }
    auto sub = t.subscribe();
    bool open = true;
    const auto keep = [&](outcome<std::uint64_t> v) {
      open = v.status() == status::ok;
      if (open) own.received.add(*v);
    };
    while (open) {
      select(on_recv(noise), on_recv(sub, keep));
      this->progress.moved();
    }
  });
  EXPECT_EQ(all.received.values, readers * all.sent.values);
  EXPECT_EQ(all.received.sum, readers * all.sent.sum);
}

// In every round one task releases an object for which another waits in a select, and which that
// one destroys as soon as its select has returned.  // LT-1
template <class Object, class Release, class Select>
void destroyed_after_select(watchdog& progress, Release release, Select select_on,
                            std::function<std::unique_ptr<Object>()> make) {
  const auto rounds = support::from_environment("LOCKSTEP_ROUNDS", 100'000) / 7;
  threads::channel<Object*> handed{1};
  support::background<void> releaser{[&] {
    for (Object* o : handed) release(*o);
  }};
  for (std::uint64_t i = 0; i < rounds; ++i) {
    auto object = make();
    handed.send(object.get());
    if (i % 2 == 0) std::this_thread::yield();
    select_on(*object);
    object.reset();
    progress.moved();
  }
  handed.close();
}

TYPED_TEST(select_stress, an_object_may_be_destroyed_as_soon_as_select_has_returned) {
  using channel_type = typename TestFixture::channel;
  using latch = basic_latch<TypeParam>;
  using wait_group = basic_wait_group<TypeParam>;
  using semaphore = basic_semaphore<TypeParam>;
  using mutex = basic_mutex<TypeParam>;
  channel_type silent;
  const auto receive = [&](channel_type& ch) { select(on_recv(silent), on_recv(ch)); };
  const auto make_channel = [] { return std::make_unique<channel_type>(); };
  destroyed_after_select<channel_type>(
      this->progress, [](channel_type& ch) { ch.send(std::uint64_t{1}); }, receive, make_channel);
  destroyed_after_select<channel_type>(
      this->progress, [](channel_type& ch) { ch.close(); }, receive, make_channel);
  destroyed_after_select<channel_type>(
      this->progress, [](channel_type& ch) { static_cast<void>(ch.recv()); },
      [&](channel_type& ch) { select(on_send(ch, 1), on_recv(silent)); }, make_channel);
  destroyed_after_select<latch>(
      this->progress, [](latch& l) { l.count_down(); },
      [&](latch& l) { select(on_recv(silent), on_ready(l)); },
      [] { return std::make_unique<latch>(1); });
  destroyed_after_select<wait_group>(
      this->progress, [](wait_group& g) { g.done(); },
      [&](wait_group& g) { select(on_recv(silent), on_ready(g)); },
      [] {
        auto g = std::make_unique<wait_group>();
        g->add();
        return g;
      });
  destroyed_after_select<semaphore>(
      this->progress, [](semaphore& s) { s.release(); },
      [&](semaphore& s) { select(on_recv(silent), on_acquire(s)); },
      [] { return std::make_unique<semaphore>(0); });
  destroyed_after_select<mutex>(
      this->progress, [](mutex& m) { m.unlock(); },
      [&](mutex& m) {
        select(on_recv(silent), on_acquire(m));
        m.unlock();
      },
      [] {
        auto m = std::make_unique<mutex>();
        m->lock();
        return m;
      });
}

}  // namespace
