// spellings.hpp: the forms of sending and of receiving, each written once.
//
// A type that can send or receive provides one core function and inherits its spellings:
//   x() waits, try_x() does not, try_x_for/_until wait for a time, x(ctx, ...) for a context.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "blocking.hpp"
#include "config.hpp"
#include "payload.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Self has: status send_core(C&, const limit&, site), where C is carrier<T>.
template <class Self, class T, class R>
class send_spellings {
 public:
  // Sends u; blocks until a receiver or the buffer took it.
  // Throws error{closed} if the channel is closed, or becomes so meanwhile.  // CH-3
  template <class U = T>
    requires std::is_convertible_v<U, payload_t<T>>
  void send(U&& u, site where = site::current()) {
    require_sent(transfer(std::forward<U>(u), limit::none(), where));
  }
  // The other forms return ok, closed, and: cancelled or timeout as the context ended; would_block;
  // timeout. A T&& that was not sent keeps its value. A u of another type is converted first.
  template <class U = T>
    requires std::is_convertible_v<U, payload_t<T>>
  status send(const context& ctx, U&& u, site where = site::current()) {
    return transfer(std::forward<U>(u), limit::of(ctx), where);
  }
  template <class U = T>
    requires std::is_convertible_v<U, payload_t<T>>
  status try_send(U&& u, site where = site::current()) {
    return transfer(std::forward<U>(u), limit::at_once(), where);
  }
  template <class U = T, class Rep, class Period>
    requires std::is_convertible_v<U, payload_t<T>>
  status try_send_for(U&& u, const std::chrono::duration<Rep, Period>& d,
                      site where = site::current()) {
    return transfer(std::forward<U>(u), limit::within<R>(d), where);
  }
  template <class U = T, class Clock, class Duration>
    requires std::is_convertible_v<U, payload_t<T>>
  status try_send_until(U&& u, const std::chrono::time_point<Clock, Duration>& deadline,
                        site where = site::current()) {
    return transfer(std::forward<U>(u), limit::until<R>(deadline), where);
  }

  // The same for a channel of void.
  void send(site where = site::current())
    requires std::is_void_v<T>
  {
    require_sent(transfer(token{}, limit::none(), where));
  }
  status send(const context& ctx, site where = site::current())
    requires std::is_void_v<T>
  {
    return transfer(token{}, limit::of(ctx), where);
  }
  status try_send(site where = site::current())
    requires std::is_void_v<T>
  {
    return transfer(token{}, limit::at_once(), where);
  }
  template <class Rep, class Period>
    requires std::is_void_v<T>
  status try_send_for(const std::chrono::duration<Rep, Period>& d, site where = site::current()) {
    return transfer(token{}, limit::within<R>(d), where);
  }
  template <class Clock, class Duration>
    requires std::is_void_v<T>
  status try_send_until(const std::chrono::time_point<Clock, Duration>& deadline,
                        site where = site::current()) {
    return transfer(token{}, limit::until<R>(deadline), where);
  }

 private:
  template <class U>
  status transfer(U&& u, const limit& lim, site where) {
    return with_carrier<T>(std::forward<U>(u), [&](carrier<T>& c) {
      return static_cast<Self&>(*this).send_core(c, lim, where);
    });
  }
  static void require_sent(status s) {
    if (s != status::ok) [[unlikely]]
      raise(s, "send on a closed channel");
  }
};

// Marks the end of a range of received values.
struct end_of_stream {};

// Self has: void recv_core(outcome<C>&, const limit&, site), which sets value or status. C is T if values
// are copied to the receiver, else what carries them.
template <class Self, class T, class R, bool copied = false>
class recv_spellings {
 public:
  // The next value; blocks until there is one. Without a value: closed and drained.  // CH-1
  outcome<T> recv(site where = site::current()) { return receive(limit::none(), where); }
  // As recv; without a value: closed, or as the context ended; would_block; timeout.
  outcome<T> recv(const context& ctx, site where = site::current()) {
    return receive(limit::of(ctx), where);
  }
  outcome<T> try_recv(site where = site::current()) { return receive(limit::at_once(), where); }
  template <class Rep, class Period>
  outcome<T> try_recv_for(const std::chrono::duration<Rep, Period>& d,
                          site where = site::current()) {
    return receive(limit::within<R>(d), where);
  }
  template <class Clock, class Duration>
  outcome<T> try_recv_until(const std::chrono::time_point<Clock, Duration>& deadline,
                            site where = site::current()) {
    return receive(limit::until<R>(deadline), where);
  }

  // for (T& v : x): receives until the stream is closed or cancelled. A break leaves the rest
  // (CH-19). Any other end, such as a gap, is thrown as error.
  class iterator {
   public:
    using value_type = payload_t<T>;
    using difference_type = std::ptrdiff_t;

    explicit iterator(recv_spellings& from, site where)
        : from_{&from}, where_{where}, current_{from.recv(where)} {
      require_end();
    }
    [[nodiscard]] decltype(auto) operator*() {
      if constexpr (std::is_void_v<T>) {
        return token{};
      } else {
        return *current_;
      }
    }
    iterator& operator++() {
      current_ = from_->recv(where_);
      require_end();
      return *this;
    }
    void operator++(int) { ++*this; }
    [[nodiscard]] bool operator==(end_of_stream) const { return !current_; }

   private:
    void require_end() const {
      const status s = current_.status();
      if (s != status::ok && s != status::closed && s != status::cancelled) [[unlikely]] {
        raise(s, current_.text());
      }
    }
    recv_spellings* from_;
    site where_;
    outcome<T> current_;
  };
  [[nodiscard]] iterator begin(site where = site::current()) { return iterator{*this, where}; }
  [[nodiscard]] end_of_stream end() const noexcept { return {}; }

 private:
  outcome<T> receive(const limit& lim, site where) {
    using C = std::conditional_t<copied, T, carrier<T>>;
    outcome<C> arrived{status::would_block};
    static_cast<Self&>(*this).recv_core(arrived, lim, where);
    if constexpr (std::is_same_v<C, T>) {
      return arrived;  // built in place
    } else {
      return unpack<T>(std::move(arrived));
    }
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
