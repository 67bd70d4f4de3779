// channel_ends.hpp: directional views of a channel, which may be empty.
//
// sender<T> can only send (and close), receiver<T> can only receive. An empty view is Go's nil
// channel: in a select it is never ready, which turns a case off; its plain operations block until
// the deadline or the end of the context, and its try_ forms fail at once (CH-7).
//
// Lifetime: a view does not own its channel, which has to outlive the operations through it.
#pragma once

#include <cstddef>

#include "channel.hpp"
#include "contract.hpp"
#include "detail/config.hpp"
#include "detail/spellings.hpp"
#include "fwd.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace detail {

// A channel, or none.
template <class T, class R>
class channel_view {
 public:
  using value_type = T;
  using runtime_type = R;

  constexpr channel_view() noexcept = default;
  constexpr channel_view(basic_channel<T, R>& c) noexcept : channel_{&c} {}

  // Whether there is a channel.
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return channel_ != nullptr; }
  // Of the channel; 0 for an empty view.  // CH-18
  [[nodiscard]] std::size_t size() const noexcept { return channel_ ? channel_->size() : 0; }
  [[nodiscard]] std::size_t capacity() const noexcept {
    return channel_ ? channel_->capacity() : 0;
  }

 protected:
  friend class channel_access;

  // What an operation on an empty view comes to.
  static status nil(const char* verb, const limit& lim, site where) {
    if (lim.poll) return status::would_block;
    if (const status s = lim.before(); s != status::ok) return s;
    return block_alone<R>(lim, {verb, "channel", nullptr, where, nullptr});
  }

  basic_channel<T, R>* channel_ = nullptr;
};

}  // namespace detail

template <class T, class R>
class basic_sender : public detail::channel_view<T, R>,
                     public detail::send_spellings<basic_sender<T, R>, T, R> {
 public:
  using detail::channel_view<T, R>::channel_view;

  // Closes the channel. Contract: there is one, and it is open.  // CH-4
  void close(site where = site::current()) {
    detail::expects(this->channel_ != nullptr, "close of an empty sender", this, where);
    this->channel_->close(where);
  }
  template <class C>
  status send_core(C& value, const detail::limit& lim, site where) {
    return this->channel_ != nullptr ? this->channel_->send_core(value, lim, where)
                                     : this->nil("send", lim, where);
  }
};

template <class T, class R>
class basic_receiver : public detail::channel_view<T, R>,
                       public detail::recv_spellings<basic_receiver<T, R>, T, R> {
 public:
  using detail::channel_view<T, R>::channel_view;

  template <class C>
  void recv_core(outcome<C>& to, const detail::limit& lim, site where) {
    if (this->channel_ != nullptr) return this->channel_->recv_core(to, lim, where);
    to.reset(this->nil("recv", lim, where));
  }
};

template <class T>
using sender = basic_sender<T, any_runtime>;
template <class T>
using receiver = basic_receiver<T, any_runtime>;
namespace threads {
template <class T>
using sender = basic_sender<T, threads_runtime>;
template <class T>
using receiver = basic_receiver<T, threads_runtime>;
}  // namespace threads

}  // namespace lockstep::inline LOCKSTEP_ABI
