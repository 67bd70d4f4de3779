// go_pipelines.hpp: programs of Go's test/chan in which tasks are strung together by channels: chains,
// prime sieves, and power series whose terms are computed when they are asked for (CH, SEL).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <numeric>
#include <ostream>
#include <utility>
#include <vector>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../select.hpp"
#include "crowd.hpp"
#include "world.hpp"

namespace lockstep::testing {

// A coefficient, in lowest terms.
class fraction {
 public:
  constexpr fraction(std::int64_t over = 0, std::int64_t under = 1)
      : over_{over / std::gcd(over, under)}, under_{under / std::gcd(over, under)} {}
  friend constexpr fraction operator+(fraction a, fraction b) {
    return {a.over_ * b.under_ + b.over_ * a.under_, a.under_ * b.under_};
  }
  friend constexpr fraction operator*(fraction a, fraction b) {
    return {a.over_ * b.over_, a.under_ * b.under_};
  }
  friend constexpr bool operator==(fraction, fraction) = default;
  friend std::ostream& operator<<(std::ostream& out, fraction f) {
    return out << f.over_ << '/' << f.under_;
  }

 private:
  std::int64_t over_;
  std::int64_t under_;
};

// Power series as tasks. Each computes a term when one is demanded, and ends when its demand is
// closed; it then closes the demand of those that it was made of.
template <class R>
class power_series {
 public:
  struct series {
    basic_channel<void, R> demand;
    basic_channel<fraction, R> terms;
  };

  // 1 + x + x^2 + ...
  series& ones() {
    return make({}, [] { return fraction{1}; });
  }
  series& sum(series& a, series& b) {
    return make({&a, &b}, [&a, &b] {
      const auto [u, v] = next_of_both(a, b);
      return u + v;
    });
  }
  series& product(series& a, series& b) {
    return make({&a, &b}, [&a, &b, us = terms{}, vs = terms{}]() mutable {
      const auto [u, v] = next_of_both(a, b);
      us.push_back(u);
      vs.push_back(v);
      fraction sum;
      for (std::size_t i = 0; i < us.size(); ++i) sum = sum + us[i] * vs[us.size() - 1 - i];
      return sum;
    });
  }
  series& derivative(series& a) {
    return make({&a}, [&a, n = 0]() mutable {
      if (n == 0) next_of(a);
      return next_of(a) * ++n;
    });
  }
  series& integral(fraction constant, series& a) {
    return make({&a}, [&a, constant, n = 0]() mutable {
      return n++ == 0 ? constant : next_of(a) * fraction{1, n - 1};
    });
  }
  // a(-x^2)
  series& of_minus_square(series& a) {
    return make({&a}, [&a, n = 0]() mutable {
      const int power = n++;
      if (power % 2 == 1) return fraction{};
      return next_of(a) * (power % 4 == 0 ? 1 : -1);
    });
  }
  // e^x, as the series that is 1 + its own integral.
  series& exponential() {
    series& own = add();
    series& result = add();
    series& e = integral(1, own);
    tasks_.start([&e, &own, &result] { split(e, own, result); });
    return result;
  }

  // The first terms of a, which ends.
  static std::vector<fraction> first(std::size_t n, series& a) {
    std::vector<fraction> all;
    while (all.size() < n) all.push_back(next_of(a));
    a.demand.close();
    return all;
  }

 private:
  using terms = std::vector<fraction>;

  series& add() { return all_.emplace_back(); }
  template <class Next>
  series& make(std::vector<series*> made_of, Next next) {
    series& out = add();
    tasks_.start([&out, made_of, next]() mutable {
      while (out.demand.recv()) out.terms.send(next());
      for (series* s : made_of) s->demand.close();
    });
    return out;
  }
  static fraction next_of(series& a) {
    a.demand.send();
    return a.terms.recv().value();
  }

  // A term of each, asked for and taken in whatever order that comes about.
  static std::pair<fraction, fraction> next_of_both(series& a, series& b) {
    struct side {
      series& of;
      basic_sender<void, R> ask;
      basic_receiver<fraction, R> take;
      fraction term;
    };
    side one{a, a.demand, {}, {}};
    side two{b, b.demand, {}, {}};
    const auto ask = [](side& s) {
      return on_send(s.ask, [&s] {
        s.ask = {};
        s.take = s.of.terms;
      });
    };
    const auto take = [](side& s) {
      return on_recv(s.take, [&s](fraction f) {
        s.take = {};
        s.term = f;
      });
    };
    for (int step = 0; step < 4; ++step) select(ask(one), take(one), ask(two), take(two));
    return {one.term, two.term};
  }

  // Two copies of a series for readers at different paces.
  static void split(series& in, series& first, series& second) {
    struct reader {
      series& out;
      bool asks = false;
      std::deque<fraction> kept{};
    };
    reader one{first}, two{second};
    bool ended = false;
    basic_receiver<fraction, R> arriving;  // while a term is on its way
    const auto asked_by = [&ended](reader& r) {
      return on_recv(r.out.demand, [&](outcome<void> o) { (o ? r.asks : ended) = true; });
    };
    const auto keep = [&](fraction f) {
      one.kept.push_back(f);
      two.kept.push_back(f);
      arriving = {};
    };
    while (!ended) {
      select(on_recv(arriving, keep), asked_by(one), asked_by(two));
      for (reader* r : {&one, &two}) {
        if (!r->asks) continue;
        if (!r->kept.empty()) {
          r->out.terms.send(r->kept.front());
          r->kept.pop_front();
          r->asks = false;
        } else if (!arriving) {
          in.demand.send();
          arriving = in.terms;
        }
      }
    }
    in.demand.close();
  }

  std::list<series> all_;
  crowd<R> tasks_;  // ends before the series
};

template <class R>
struct go_pipelines_suite : suite<R> {
  using ints = basic_channel<int, R>;

  // The primes below a limit, each taken out of the stream by a task of its own.
  static std::vector<int> primes_below(int limit) {
    std::vector<int> primes;
    std::list<ints> stages(1);
    crowd<R> tasks;
    tasks.start([&numbers = stages.back(), limit] {
      for (int v = 2; v < limit; ++v) numbers.send(v);
      numbers.close();
    });
    while (const auto prime = stages.back().recv()) {
      primes.push_back(*prime);
      ints& from = stages.back();
      ints& to = stages.emplace_back();
      tasks.start([&from, &to, p = *prime] {
        for (const int v : from) {
          if (v % p != 0) to.send(v);
        }
        to.close();
      });
    }
    tasks.join();
    return primes;
  }
};
TYPED_TEST_SUITE(go_pipelines_suite, runtimes, suite_names);

// As Go's test/chan/sieve1.go.
TYPED_TEST(go_pipelines_suite, sieve_primes) {
  this->proves("CH-2 CH-5 CH-8 CH-19");
  EXPECT_EQ(this->primes_below(102),
            (std::vector{2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                         43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101}));
}

// As Go's test/chan/goroutines.go.
TYPED_TEST(go_pipelines_suite, carry_a_value_through_a_long_chain_of_tasks) {
  this->proves("CH-8");
  constexpr std::size_t length = 200;
  std::vector<typename TestFixture::ints> links(length + 1);
  crowd<TypeParam> tasks;
  tasks.start(length, [&](std::size_t i) { links[i + 1].send(links[i].recv().value() + 1); });
  tasks.until_blocked();
  links.front().send(0);
  EXPECT_EQ(links.back().recv().value(), static_cast<int>(length));
  tasks.join();
}

// As Go's test/chan/fifo.go.
TYPED_TEST(go_pipelines_suite, hand_out_values_in_the_order_in_which_tasks_ask) {
  this->proves("CH-8 CH-10");
  constexpr std::size_t tasks = 10;
  typename TestFixture::ints ch;
  std::vector<basic_channel<void, TypeParam>> turns(tasks + 1);
  crowd<TypeParam> readers;
  readers.start(tasks, [&](std::size_t i) {
    turns[i].recv().value();
    EXPECT_EQ(ch.recv().value(), static_cast<int>(i));
    turns[i + 1].send();
  });
  turns.front().send();
  for (int v = 0; v < static_cast<int>(tasks); ++v) ch.send(v);
  EXPECT_TRUE(turns.back().recv());
  readers.join();
}

// As sendproxy in Go's test/chan/sieve2.go: an endless buffer out of a select whose send is turned
// off while there is nothing to send.
TYPED_TEST(go_pipelines_suite, buffer_without_bound_by_turning_a_case_off) {
  this->proves("CH-7 SEL-4 SEL-6");
  const int values = rounds(1'000);
  typename TestFixture::ints in, out;
  auto proxy = this->run([&] {
    std::deque<int> kept;
    basic_receiver<int, TypeParam> from{in};
    while (from || !kept.empty()) {
      const bool empty = kept.empty();
      const auto to = empty ? basic_sender<int, TypeParam>{} : basic_sender<int, TypeParam>{out};
      const auto keep = [&](outcome<int> v) { v ? kept.push_back(*v) : void(from = {}); };
      select(on_recv(from, keep), on_send(to, empty ? 0 : kept.front(), [&] { kept.pop_front(); }));
    }
    out.close();
  });
  for (int v = 0; v < values; ++v) in.send(v);  // though nobody receives yet
  in.close();
  int next = 0;
  for (const int v : out) ASSERT_EQ(v, next++);
  EXPECT_EQ(next, values);
  proxy.join();
}

// As Go's test/chan/powser1.go.
TYPED_TEST(go_pipelines_suite, compute_power_series_term_by_term) {
  this->proves("CH-7 CH-8 SEL-4 SEL-5");
  using list = std::vector<fraction>;
  power_series<TypeParam> p;
  EXPECT_EQ(p.first(4, p.sum(p.ones(), p.ones())), (list{2, 2, 2, 2}));
  EXPECT_EQ(p.first(4, p.derivative(p.ones())), (list{1, 2, 3, 4}));
  EXPECT_EQ(p.first(4, p.product(p.ones(), p.derivative(p.ones()))), (list{1, 3, 6, 10}));
  EXPECT_EQ(p.first(6, p.integral(0, p.of_minus_square(p.ones()))),  // the arc tangent
            (list{0, 1, 0, {-1, 3}, 0, {1, 5}}));
  EXPECT_EQ(p.first(6, p.exponential()), (list{1, 1, {1, 2}, {1, 6}, {1, 24}, {1, 120}}));
  EXPECT_EQ(p.first(6, p.product(p.exponential(), p.exponential())),  // e^(2x)
            (list{1, 2, 2, {4, 3}, {2, 3}, {4, 15}}));
}

}  // namespace lockstep::testing
