// topic.hpp: a stream of values that every subscriber sees, from the first one on.
//
//   topic<std::string> t;  auto sub = t.subscribe();  t.publish("x");  auto v = sub.recv();
//
// publish() never blocks and returns the value's sequence number, counted from 1. A subscriber
// reads the whole history first, then what comes, in the order of publication and at its own pace;
// a slow one holds up nobody. A topic keeps everything, or the last n values: topic t{keep_last(n)}.
// A subscriber that falls behind what is kept is told so once, by the outcome `gap`, and goes on
// with the oldest value there is.
//
// Ordering: what X does before publish() is visible to Y after the recv() that got the value.
// Lifetime: subscriptions may outlive the topic, whose destruction closes it.
// Cost: publish() is one allocation, one short lock, and a wake-up for each waiting subscriber;
// recv() copies the value, outside the lock. A value lives until it was trimmed and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>

#include "context.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/payload.hpp"
#include "detail/select_cases.hpp"
#include "detail/spellings.hpp"
#include "detail/wait_node.hpp"
#include "error.hpp"
#include "fwd.hpp"
#include "outcome.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// How many values a topic keeps for late subscribers.
struct keep_last {
  explicit constexpr keep_last(std::size_t n) noexcept : count{n} {}
  std::size_t count;
};

namespace detail {

// What a topic and its subscriptions share.
template <class T, class R>
class topic_state {
 public:
  using lock_type = typename R::short_lock;
  using item = std::shared_ptr<const T>;

  explicit topic_state(std::size_t kept) noexcept : kept_{kept} {}
  topic_state(const topic_state&) = delete;
  topic_state& operator=(const topic_state&) = delete;
  ~topic_state() { forget_object<R>(this); }

  std::uint64_t publish(item value) {
    wake_list<R> woken;
    item trimmed;  // destroyed after the lock was dropped
    std::uint64_t seq = 0;
    {
      const lock_scope hold{lock};
      if (closed_) return 0;
      history_.push_back(std::move(value));
      seq = first_ + history_.size() - 1;
      if (history_.size() > kept_) {
        trimmed = std::move(history_.front());
        history_.pop_front();
        ++first_;
      }
      readers.claim_all(status::ok, woken);
    }
    woken.wake();
    return seq;
  }

  void close() {
    wake_list<R> woken;
    {
      const lock_scope hold{lock};
      closed_ = true;
      readers.claim_all(status::ok, woken);
    }
    woken.wake();
  }

  // Under the lock: the value at `next`, which it moves on; gap, closed, or would_block.
  status read(std::uint64_t& next, item& to) {
    if (next < first_) {
      next = first_;
      return status::gap;
    }
    if (next - first_ < history_.size()) {
      to = history_[static_cast<std::size_t>(next++ - first_)];
      return status::ok;
    }
    return closed_ ? status::closed : status::would_block;
  }

  std::uint64_t first_locked() const noexcept { return first_; }
  std::uint64_t last_locked() const noexcept { return first_ + history_.size() - 1; }

  lock_type lock;
  wait_queue<R> readers;

 private:
  const std::size_t kept_;
  bool closed_ = false;
  std::uint64_t first_ = 1;  // sequence number of the oldest value kept
  std::deque<item> history_;
};

template <class T, class R, class F>
class subscription_case;

}  // namespace detail

// One subscriber's place in a topic. For one task at a time; cancel() may come from any.
template <class T, class R>
class basic_subscription : public detail::recv_spellings<basic_subscription<T, R>, T, R, true> {
 public:
  using value_type = T;
  using runtime_type = R;

  basic_subscription(basic_subscription&&) noexcept = default;
  basic_subscription& operator=(basic_subscription&&) noexcept = default;

  // Sequence number of the value received last; 0 before the first.
  [[nodiscard]] std::uint64_t seq() const noexcept { return place_->received; }

  // Ends the subscription: a recv() that waits, and all later ones, return cancelled.
  void cancel() {
    detail::wake_list<R> woken;
    {
      const detail::lock_scope hold{state_->lock};
      place_->cancelled = true;
      // Readers of others are woken too; they look again and wait on.
      state_->readers.claim_all(status::ok, woken);
    }
    woken.wake();
  }

  // The receiving body; recv() and its other forms are its spellings. Outcomes: a value; gap;
  // closed, when the topic is and all was read; cancelled; and those of the form.
  void recv_core(outcome<T>& to, const detail::limit& lim, site where);

 private:
  template <class, class>
  friend class basic_topic;
  template <class, class, class>
  friend class detail::subscription_case;
  using item = typename detail::topic_state<T, R>::item;

  // On the heap, so that a subscription can be moved.
  struct place {
    std::uint64_t next = 1;
    std::uint64_t received = 0;
    bool cancelled = false;
  };

  basic_subscription(std::shared_ptr<detail::topic_state<T, R>> state, std::uint64_t next)
      : state_{std::move(state)}, place_{std::make_unique<place>()} {
    place_->next = next;
  }

  status read_locked(item& to) {
    if (place_->cancelled) return status::cancelled;
    const status s = state_->read(place_->next, to);
    if (s == status::ok) place_->received = place_->next - 1;
    return s;
  }
  // Copies the value received last. If that throws, it is still to be received; before it came one with
  // this number.
  void copy(outcome<T>& to, const T& value, std::uint64_t before) {
    LOCKSTEP_TRY { to.emplace(value); }
    LOCKSTEP_CATCH_ALL {
      place_->next = std::exchange(place_->received, before);
      LOCKSTEP_RETHROW;
    }
  }
  detail::visible_op operation(site where) const noexcept {
    return {"recv", "topic", state_.get(), where, nullptr};
  }

  std::shared_ptr<detail::topic_state<T, R>> state_;
  std::unique_ptr<place> place_;
};

template <class T, class R>
class basic_topic {
 public:
  using value_type = T;
  using runtime_type = R;
  using subscription = basic_subscription<T, R>;

  // Keeps every value.
  basic_topic() : basic_topic{keep_last{static_cast<std::size_t>(-1)}} {}
  // Keeps the last n values.
  explicit basic_topic(keep_last kept)
      : state_{std::make_shared<detail::topic_state<T, R>>(kept.count)} {}
  basic_topic(const basic_topic&) = delete;
  basic_topic& operator=(const basic_topic&) = delete;
  ~basic_topic() { state_->close(); }

  // Appends a value and returns its sequence number. Throws error{closed}.
  template <class U = T>
    requires std::is_convertible_v<U, T>
  std::uint64_t publish(U&& u, site where = site::current()) {
    detail::checkpoint<R>([&] {
      return detail::visible_op{"publish", "topic", state_.get(), where, nullptr};
    });
    const std::uint64_t seq = state_->publish(std::make_shared<const T>(std::forward<U>(u)));
    if (seq == 0) detail::raise(status::closed, "publish on a closed topic");
    return seq;
  }

  // A subscriber that begins with the oldest value kept, or with the value numbered `from`.
  [[nodiscard]] subscription subscribe() const {
    const detail::lock_scope hold{state_->lock};
    return {state_, state_->first_locked()};
  }
  [[nodiscard]] subscription subscribe_from(std::uint64_t from) const {
    return {state_, from == 0 ? 1 : from};
  }
  // A subscriber that sees only what is published from now on.
  [[nodiscard]] subscription subscribe_new() const {
    const detail::lock_scope hold{state_->lock};
    return {state_, state_->last_locked() + 1};
  }

  // Ends the stream: subscribers read what there is, then get closed. Later calls do nothing.
  void close() { state_->close(); }
  // Sequence number of the newest value; 0 before the first.
  [[nodiscard]] std::uint64_t last() const noexcept {
    const detail::lock_scope hold{state_->lock};
    return state_->last_locked();
  }

 private:
  std::shared_ptr<detail::topic_state<T, R>> state_;
};

template <class T>
using topic = basic_topic<T, any_runtime>;
template <class T>
using subscription = basic_subscription<T, any_runtime>;
namespace threads {
template <class T>
using topic = basic_topic<T, threads_runtime>;
template <class T>
using subscription = basic_subscription<T, threads_runtime>;
}  // namespace threads

template <class T, class R>
void basic_subscription<T, R>::recv_core(outcome<T>& to, const detail::limit& lim, site where) {
  detail::checkpoint<R>([&] { return operation(where); });
  const std::uint64_t before = place_->received;
  item value;
  status s = lim.before();
  while (s == status::ok && value == nullptr) {
    detail::lock_scope hold{state_->lock};
    s = read_locked(value);
    if (s != status::would_block || lim.poll) break;
    detail::waiter<R> op;
    detail::wait_node<R> n{op, nullptr};
    s = detail::block(state_->readers, n, state_->lock, hold, lim,
                      [&] { return operation(where); });
  }
  if (s != status::ok) return to.reset(s);
  copy(to, *value, before);
}

namespace detail {

template <class T, class R, class F>
class subscription_case final : public object_case<R> {
 public:
  subscription_case(basic_subscription<T, R>& s, F f, site where)
      : object_case<R>{&s.state_->lock, where}, from_{&s}, f_{std::move(f)} {}

  status poll(wait_node<R>*&) override {
    before_ = from_->place_->received;
    return from_->read_locked(value_);
  }
  void enqueue(wait_node<R>& n) noexcept override { from_->state_->readers.push_back(n); }
  void dequeue(wait_node<R>& n, wake_list<R>&) noexcept override {
    from_->state_->readers.erase(n);
  }
  // A reader is woken to look; what it sees decides.
  bool settle(status& how) noexcept override {
    how = from_->read_locked(value_);
    return how != status::would_block;
  }
  visible_op operation() const noexcept override { return from_->operation(this->called_at); }
  void run(status how) override {
    if (how != status::ok) return handle_received<T>(f_, outcome<T>{how});
    const auto value = std::move(value_);
    outcome<T> copied{status::would_block};
    from_->copy(copied, *value, before_);
    handle_received<T>(f_, std::move(copied));
  }

 private:
  basic_subscription<T, R>* from_;
  typename basic_subscription<T, R>::item value_;
  std::uint64_t before_ = 0;
  F f_;
};

}  // namespace detail

// A receive from a subscription. f(T) or f(outcome<T>), as for a channel.
template <class T, class R, class F = detail::no_handler>
[[nodiscard]] auto on_recv(basic_subscription<T, R>& from, F f = {}, site where = site::current()) {
  return detail::subscription_case<T, R, F>{from, std::move(f), where};
}

}  // namespace lockstep::inline LOCKSTEP_ABI
