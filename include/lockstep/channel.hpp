// channel.hpp: Go's channel: values passed from senders to receivers in order.
//
// channel<T> c;             a rendezvous: a send ends when a receiver has the value
// channel<T> c{64};         a buffer of 64: a send ends at once while there is room
// channel<T> c{unbounded};  a buffer without a bound: a send never waits
//
// Values leave in the order in which their sends took effect; blocked senders and receivers are
// served in order of arrival, and a waiting receiver gets its value from the sender directly
// (CH-10..13). close() ends the stream: what was buffered is still received, then recv() returns
// without a value. T may be void, move-only, not default-constructible, incomplete where the
// channel is named, and throwing when moved (it then travels on the heap).
//
// Ordering: what X does before a send is visible to Y after the receive that got the value, and
// after a receive that saw close(); what Y did before the k-th receive is visible after the
// (k + capacity)-th send (MM-1..3).
// Lifetime: may be destroyed as soon as no task waits in it; a task that got the last value may do
// so while the send or close that served it is returning. Values not received are destroyed.
// Cost: a short lock around a ring; an operation that need not wait is two atomic operations.
// Source: Go's runtime/chan.go; its statements CH-1..21 hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/payload.hpp"
#include "detail/ring.hpp"
#include "detail/spellings.hpp"
#include "detail/wait_node.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// The capacity of a channel that never makes a sender wait.
struct unbounded_t {};
inline constexpr unbounded_t unbounded{};

template <class T, class R>
class basic_channel : private detail::visible_object<basic_channel<T, R>, R>,
                      public detail::send_spellings<basic_channel<T, R>, T, R>,
                      public detail::recv_spellings<basic_channel<T, R>, T, R> {
 public:
  using value_type = T;
  using runtime_type = R;

  basic_channel() noexcept = default;
  explicit basic_channel(std::size_t capacity) : capacity_{capacity} {
    buffer_.template allocate<detail::carrier<T>>(capacity);
  }
  explicit basic_channel(unbounded_t) noexcept : capacity_{no_bound} {}
  basic_channel(const basic_channel&) = delete;
  basic_channel& operator=(const basic_channel&) = delete;
  // Contract: no task waits in the channel.
  ~basic_channel();

  // Ends the stream: blocked senders fail with closed, receivers get what is buffered, then
  // nothing. Contract: not closed yet.  // CH-2..5
  void close(site where = site::current());

  [[nodiscard]] bool closed() const noexcept;
  // Values buffered now; 0 for a rendezvous. A snapshot.  // CH-8, CH-18
  [[nodiscard]] std::size_t size() const noexcept;
  // 0 for a rendezvous, the largest size_t for an unbounded channel.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  // The one sending and the one receiving body; use the spellings. (C is carrier<T>, deduced: T may
  // be incomplete where these are declared.)
  template <class C>
  status send_core(C& value, const detail::limit& lim, site where) {
    if (const status s = this->admit("send", lim, where); s != status::ok) [[unlikely]]
      return s;
    lock_.lock();
    if (closed_ || !receivers_.empty() || buffer_.size() == buffer_.room()) {
      return send_locked(value, lim.copy(), where.copy());
    }
    buffer_.push(std::move(value));
    lock_.unlock();
    return status::ok;
  }
  template <class C>
  void recv_core(outcome<C>& to, const detail::limit& lim, site where) {
    if (const status s = this->admit("recv", lim, where); s != status::ok) [[unlikely]] {
      return to.reset(s);
    }
    lock_.lock();
    if (buffer_.size() == 0 || !senders_.empty()) return recv_locked(to, lim.copy(), where.copy());
    buffer_.template pop<C>([&to](C&& c) { to.emplace(std::move(c)); });
    lock_.unlock();
  }

 private:
  friend class detail::channel_access;
  friend class detail::visible_object<basic_channel, R>;
  using node = detail::wait_node<R>;
  using lock_type = typename R::short_lock;
  using hold_type = detail::lock_scope<lock_type>;
  static constexpr std::size_t no_bound = static_cast<std::size_t>(-1);

  // The operation in every situation, begun with the lock held. The cores are the commonest one,
  // short enough to inline.
  template <class C>
  status send_locked(C& value, const detail::limit& lim, const site& where);
  template <class C>
  void recv_locked(outcome<C>& to, const detail::limit& lim, const site& where);

  // Under the lock: carry out the operation if it can be, without waiting. `woken` is then the
  // task on the other side that this completed, to be woken after unlocking.
  template <class C>
  status offer(C& value, node*& woken);
  template <class C>
  status take(outcome<C>& to, node*& woken);
  void make_room(hold_type& hold);

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "channel", this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept;

  mutable lock_type lock_;
  bool closed_ = false;
  std::size_t capacity_ = 0;
  detail::ring buffer_;
  detail::wait_queue<R> senders_;
  detail::wait_queue<R> receivers_;
};

template <class T>
using channel = basic_channel<T, any_runtime>;
namespace threads {
template <class T>
using channel = basic_channel<T, threads_runtime>;
}

template <class T, class R>
basic_channel<T, R>::~basic_channel() {
  detail::expects(senders_.empty() && receivers_.empty(), "a channel is destroyed with waiters",
                  this, site::current());
  buffer_.template release<detail::carrier<T>>();
}

template <class T, class R>
template <class C>
status basic_channel<T, R>::offer(C& value, node*& woken) {
  if (closed_) return status::closed;        // CH-3
  if (node* r = receivers_.pop_claimed()) {  // CH-12
    static_cast<outcome<C>*>(r->slot)->emplace(std::move(value));
    woken = r;
    return status::ok;
  }
  if (buffer_.size() < buffer_.room()) {
    buffer_.push(std::move(value));
    return status::ok;
  }
  return status::would_block;
}

template <class T, class R>
template <class C>
status basic_channel<T, R>::take(outcome<C>& to, node*& woken) {
  if (buffer_.size() > 0) {
    buffer_.template pop<C>([&to](C&& c) { to.emplace(std::move(c)); });
    if (node* s = senders_.pop_claimed()) {  // CH-13
      buffer_.push(std::move(*static_cast<C*>(s->slot)));
      woken = s;
    }
    return status::ok;
  }
  if (node* s = senders_.pop_claimed()) {
    to.emplace(std::move(*static_cast<C*>(s->slot)));
    woken = s;
    return status::ok;
  }
  return closed_ ? status::closed : status::would_block;  // CH-1
}

template <class T, class R>
template <class C>
[[gnu::noinline]] status basic_channel<T, R>::send_locked(C& value, const detail::limit& lim,
                                                          const site& where) {
  hold_type hold{lock_, detail::adopt};
  for (;;) {
    node* woken = nullptr;
    const status s = offer(value, woken);
    if (s != status::would_block) {
      hold.unlock();  // CH-6
      if (woken != nullptr) woken->op->wake();
      return s;
    }
    if (capacity_ == no_bound) {
      make_room(hold);
      continue;
    }
    if (lim.poll) return s;
    detail::waiter<R> op;
    node n{op, std::addressof(value)};
    return detail::block(senders_, n, lock_, hold, lim, [&] { return operation("send", where); });
  }
}

template <class T, class R>
template <class C>
[[gnu::noinline]] void basic_channel<T, R>::recv_locked(outcome<C>& to, const detail::limit& lim,
                                                        const site& where) {
  hold_type hold{lock_, detail::adopt};
  node* woken = nullptr;
  status s = take(to, woken);
  if (s != status::would_block || lim.poll) {
    hold.unlock();  // CH-6
    if (woken != nullptr) woken->op->wake();
  } else {
    detail::waiter<R> op;
    node n{op, &to};
    s = detail::block(receivers_, n, lock_, hold, lim, [&] { return operation("recv", where); });
  }
  if (s != status::ok) to.reset(s);
}

// Doubles the buffer of an unbounded channel. Allocates with the lock dropped; returns locked.
template <class T, class R>
LOCKSTEP_COLD void basic_channel<T, R>::make_room(hold_type& hold) {
  const std::size_t room = buffer_.room();
  hold.unlock();
  detail::ring larger;
  larger.template allocate<detail::carrier<T>>(room == 0 ? 16 : room * 2);
  hold.lock();
  if (buffer_.room() < larger.room()) {
    buffer_.template move_into<detail::carrier<T>>(larger);
  }
  larger.template release<detail::carrier<T>>();
}

template <class T, class R>
void basic_channel<T, R>::close(site where) {
  this->announce("close", where);
  detail::wake_list<R> woken;
  bool again = false;
  {
    const hold_type hold{lock_};
    again = std::exchange(closed_, true);
    receivers_.claim_all(status::closed, woken);
    senders_.claim_all(status::closed, woken);
  }
  woken.wake();
  detail::expects(!again, "close of a closed channel", this, where);  // CH-4
}

template <class T, class R>
bool basic_channel<T, R>::closed() const noexcept {
  const hold_type hold{lock_};
  return closed_;
}

template <class T, class R>
std::size_t basic_channel<T, R>::size() const noexcept {
  const hold_type hold{lock_};
  return buffer_.size();
}

template <class T, class R>
void basic_channel<T, R>::describe(const void* object, char* text, std::size_t size) noexcept {
  const auto& c = *static_cast<const basic_channel*>(object);
  if (!c.lock_.try_lock()) return;
  const std::size_t buffered = c.buffer_.size();
  c.lock_.unlock();
  if (c.capacity_ == 0) {
    std::snprintf(text, size, "rendezvous");
  } else if (c.capacity_ == no_bound) {
    std::snprintf(text, size, "unbounded, %zu buffered", buffered);
  } else {
    std::snprintf(text, size, "%zu of %zu buffered", buffered, c.capacity_);
  }
}

}  // namespace lockstep::inline LOCKSTEP_ABI
