// select_cases.hpp: the kinds of cases of a select.
#pragma once

#include <cstddef>
#include <cstdio>
#include <type_traits>
#include <utility>

#include "../channel.hpp"
#include "../channel_ends.hpp"
#include "../context.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "config.hpp"
#include "payload.hpp"
#include "select_core.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The handler of a case without one.
struct no_handler {
  void operator()() const noexcept {}
};

// The parts of a channel that select drives.
class channel_access {
 public:
  template <class T, class R>
  static basic_channel<T, R>* of(const channel_view<T, R>& view) noexcept {
    return view.channel_;
  }
  template <class C>
  static auto& lock(C& c) noexcept {
    return c.lock_;
  }
  template <class C>
  static auto& senders(C& c) noexcept {
    return c.senders_;
  }
  template <class C>
  static auto& receivers(C& c) noexcept {
    return c.receivers_;
  }
  template <class C, class V, class N>
  static status offer(C& c, V& value, N*& woken) {
    return c.offer(value, woken);
  }
  template <class C, class O, class N>
  static status take(C& c, O& to, N*& woken) {
    return c.take(to, woken);
  }
  // Makes room for one value in an unbounded channel, which another sender may take; false: the
  // channel is bounded.
  template <class C>
  static bool reserve(C& c) {
    if (c.capacity_ != C::no_bound) return false;
    typename C::hold_type hold{c.lock_};
    if (c.buffer_.size() == c.buffer_.room()) c.make_room(hold);
    return true;
  }
};

// Whether f wants the value itself, rather than the outcome.
template <class T, class F>
inline constexpr bool takes_value = std::is_invocable_v<F&, T>;
template <class F>
inline constexpr bool takes_value<void, F> = std::is_invocable_v<F&>;

// How a received value, or its absence, is handed to f.
template <class T, class F>
void handle_received(F& f, outcome<T>&& received) {
  if constexpr (std::is_same_v<F, no_handler>) {
    static_cast<void>(received);
  } else if constexpr (takes_value<T, F>) {
    if (!received) raise(received.status(), "a receive chosen by select has no value");
    if constexpr (std::is_void_v<T>) {
      f();
    } else {
      f(*std::move(received));
    }
  } else {
    f(std::move(received));
  }
}

template <class T, class R, class F>
class recv_case final : public object_case<R> {
 public:
  recv_case(basic_channel<T, R>* from, F f, site where)
      : object_case<R>{from != nullptr ? &channel_access::lock(*from) : nullptr, where},
        from_{from},
        f_{std::move(f)} {}

  status poll(wait_node<R>*& woken) override {
    return channel_access::take(*from_, arrived_, woken);
  }
  void enqueue(wait_node<R>& n) noexcept override {
    channel_access::receivers(*from_).push_back(n);
  }
  void dequeue(wait_node<R>& n, wake_list<R>&) noexcept override {
    channel_access::receivers(*from_).erase(n);
  }
  void* slot() noexcept override { return &arrived_; }
  visible_op operation() const noexcept override {
    return {"recv", "channel", from_, this->called_at, nullptr};
  }
  void run(status how) override {
    if (how != status::ok) arrived_.reset(how);
    const emptied at_the_end{arrived_};
    handle_received<T>(f_, unpack<T>(std::move(arrived_)));
  }

 private:
  // What is left of a value is not destroyed when the next one comes, under the channel's lock.
  struct emptied {
    outcome<carrier<T>>& arrived;
    ~emptied() { arrived.reset(status::would_block); }
  };

  basic_channel<T, R>* from_;
  outcome<carrier<T>> arrived_{status::would_block};
  F f_;
};

template <class T, class R, class F>
class send_case final : public object_case<R> {
 public:
  template <class U>
  send_case(basic_channel<T, R>* to, U&& u, F f, site where)
      : object_case<R>{to != nullptr ? &channel_access::lock(*to) : nullptr, where},
        to_{to},
        value_(load(std::forward<U>(u))),
        f_{std::move(f)} {}

  bool prepare() override { return channel_access::reserve(*to_); }
  status poll(wait_node<R>*& woken) override { return channel_access::offer(*to_, value_, woken); }
  void enqueue(wait_node<R>& n) noexcept override { channel_access::senders(*to_).push_back(n); }
  void dequeue(wait_node<R>& n, wake_list<R>&) noexcept override {
    channel_access::senders(*to_).erase(n);
  }
  void* slot() noexcept override { return std::addressof(value_); }
  visible_op operation() const noexcept override {
    return {"send", "channel", to_, this->called_at, nullptr};
  }
  void run(status how) override {
    if (how == status::closed) raise(how, "send on a closed channel, chosen by select");  // SEL-6
    f_();
  }

 private:
  template <class U>
  static carrier<T> load(U&& u) {
    if constexpr (boxed<T>) {
      return carrier<T>(std::in_place, std::forward<U>(u));
    } else {
      return carrier<T>(std::forward<U>(u));
    }
  }
  basic_channel<T, R>* to_;
  carrier<T> value_;
  F f_;
};

// A case over a source: something to wait for that yields no value. Source has runtime_type, lock,
// poll, enqueue, dequeue, slot and operation, meaning what they mean in object_case; a lock also has
// chosen, which is told that the task has it now.
template <class Source, class F>
class source_case final : public object_case<typename Source::runtime_type> {
  using R = typename Source::runtime_type;

 public:
  source_case(Source source, F f, site where)
      : object_case<R>{source.lock(), where}, source_{source}, f_{std::move(f)} {}

  status poll(wait_node<R>*&) override { return source_.poll(); }
  void enqueue(wait_node<R>& n) noexcept override { source_.enqueue(n); }
  void dequeue(wait_node<R>& n, wake_list<R>& woken) noexcept override {
    source_.dequeue(n, woken);
  }
  void* slot() noexcept override { return source_.slot(); }
  visible_op operation() const noexcept override { return source_.operation(); }
  void run(status) override {
    if constexpr (requires { source_.chosen(limit{}, this->called_at); }) {
      // Among several cases, none waits for its own lock alone.
      source_.chosen(this->alone ? limit::none() : limit::at_once(), this->called_at);
    }
    f_();
  }

 private:
  Source source_;
  F f_;
};

template <class F>
class timeout_case final : public select_case {
 public:
  timeout_case(time_point at, F f, site where)
      : select_case{case_kind::timeout, where}, f_{std::move(f)} {
    deadline = at;
  }
  void run(status) override { f_(); }

 private:
  F f_;
};

template <class F>
class done_case final : public armed_case {
 public:
  done_case(const context& c, F f, site where) : armed_case{where}, context_{c}, f_{std::move(f)} {
    deadline = c.deadline();
    if (state() == nullptr) kind = case_kind::never;
  }

  status poll() noexcept override {
    const status s = context_.status();
    return s != status::ok ? s : status::would_block;
  }
  bool arm(alarm& a) noexcept override { return state()->arm(a); }
  void disarm(alarm& a) noexcept override { state()->disarm(a); }
  void describe(char* text, std::size_t size) const noexcept override {
    std::snprintf(text, size, "context");
  }
  void run(status) override { f_(); }

 private:
  cancel_state* state() const noexcept { return limit::of(context_).ctx; }
  context context_;  // keeps the state alive
  F f_;
};

template <class F>
class default_case final : public select_case {
 public:
  default_case(F f, site where) : select_case{case_kind::otherwise, where}, f_{std::move(f)} {}
  void run(status) override { f_(); }

 private:
  F f_;
};

// The runtime on which a case waits; void for cases that know none.
template <class C>
struct case_runtime {
  using type = void;
};
template <class C>
  requires requires { typename C::runtime_type; }
struct case_runtime<C> {
  using type = typename C::runtime_type;
};
template <class C>
  requires(
      !requires { typename C::runtime_type; } && requires(C& c) { *c; })
struct case_runtime<C> : case_runtime<std::remove_cvref_t<decltype(*std::declval<C&>())>> {};

template <class Found, class...>
struct find_runtime {
  using type = std::conditional_t<std::is_void_v<Found>, any_runtime, Found>;
};
template <class Found, class First, class... Rest>
struct find_runtime<Found, First, Rest...> {
  using here = typename case_runtime<First>::type;
  static_assert(std::is_void_v<Found> || std::is_void_v<here> || std::is_same_v<Found, here>,
                "all cases of one select belong to one runtime");
  using type =
      typename find_runtime<std::conditional_t<std::is_void_v<here>, Found, here>, Rest...>::type;
};
template <class... Cases>
using common_runtime = typename find_runtime<void, std::remove_cvref_t<Cases>...>::type;

// A case, given as such or by pointer.
inline select_case* case_address(select_case& c) noexcept { return &c; }
template <class P>
  requires requires(P& p) { static_cast<select_case*>(&*p); }
select_case* case_address(P& p) noexcept {
  return &*p;
}

template <class R>
selected select_among(select_case** cases, std::size_t n, bool in_order) {
  const selected s = select_core<R>{cases, n, in_order}.run();
  cases[s.index]->alone = n == 1;
  cases[s.index]->run(s.status);
  return s;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
