// subscription.hpp: reading a named topic, and publishing on it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../detail/spellings.hpp"
#include "../detail/type_tag.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "await.hpp"
#include "backend.hpp"
#include "backend_case.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// One reader's place in a topic: all values from one on, in the order of publication. recv()
// and its other forms are those of a channel's receiver. For one task at a time; cancel() may come
// from any. Outcomes beside a value: cancelled, session_lost, mismatch (the topic carries values of
// another type), and those of the form. A slow reader holds up nobody.
template <class T>
class subscription : public detail::recv_spellings<subscription<T>, T, any_runtime, true> {
 public:
  using value_type = T;
  using runtime_type = any_runtime;

  // Begins with the value numbered `from`.
  subscription(std::shared_ptr<scope> s, const std::string& topic, std::uint64_t from = 1)
      : scope_{std::move(s)},
        topic_{topic},
        log_{&scope_->backend->log_named(scope_->key("topic", topic))},
        received_{from - 1},
        ended_{std::make_shared<cancel_scope>(scope_->backend->lost())} {}

  subscription(subscription&&) noexcept = default;
  subscription& operator=(subscription&&) noexcept = default;

  // Sequence number of the value received last; before the first, of the one before it.
  [[nodiscard]] std::uint64_t seq() const noexcept { return received_; }
  // Ends the subscription: a recv() that waits, and all later ones, return cancelled.
  void cancel() noexcept { ended_->cancel(); }

  void recv_core(outcome<T>& to, const detail::limit& lim, site where) {
    if (const status s = await_next(lim, where); s != status::ok) return to.reset(s);
    auto entry = log_->read(received_ + 1, detail::type_tag_of<T>);
    if (!entry) {
      to = {entry.status(), "topic '" + topic_ + "': " + entry.text()};
      return;
    }
    to.emplace(*static_cast<const T*>(entry->value.get()));
    ++received_;  // not if it could not be copied
  }

  // For select; see backend_case.
  [[nodiscard]] status poll() const {
    if (end().done()) return ended_how();
    return log_->last() > received_ ? status::ok : status::would_block;
  }
  bool arm(detail::alarm& a) { return !end().done() && log_->arm(received_ + 1, a); }
  void disarm(detail::alarm& a) { log_->disarm(a); }
  [[nodiscard]] const context& end() const noexcept { return ended_->context(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "topic '%s': %llu received", topic_.c_str(),
                  static_cast<unsigned long long>(received_));
  }

 private:
  status await_next(const detail::limit& lim, site where) {
    const detail::visible_op what{"recv", "", this, where, &describe_waitable<subscription>};
    const status s = await(
        lim, scope_->backend->lost(), end(), what, [this](detail::alarm& a) { return arm(a); },
        [this](detail::alarm& a) { disarm(a); });
    return s == status::session_lost ? ended_how() : s;
  }
  [[nodiscard]] status ended_how() const {
    return scope_->backend->lost().done() ? status::session_lost : status::cancelled;
  }

  std::shared_ptr<scope> scope_;
  std::string topic_;
  log* log_;
  std::uint64_t received_;
  std::shared_ptr<cancel_scope> ended_;  // by cancel(), or with the session
};

// A receive from a subscription. f(T) or f(outcome<T>), as for a channel.
template <class T, class F = detail::no_handler>
[[nodiscard]] auto on_recv(subscription<T>& from, F f = {}, site where = site::current()) {
  auto run = [&from, f = std::move(f)](status how) mutable {
    detail::handle_received<T>(f, how == status::ok ? from.try_recv() : outcome<T>{how});
  };
  return backend_case<subscription<T>, decltype(run)>{from, std::move(run), where};
}

// Appends a value to a topic; returns its sequence number.
template <class T>
outcome<std::uint64_t> publish(scope& s, const std::string& topic, T value) {
  if (s.backend->lost().done()) return status::session_lost;
  return s.backend->log_named(s.key("topic", topic))
      .append({std::make_shared<const T>(std::move(value)), &detail::type_tag_of<T>});
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord

namespace lockstep::inline LOCKSTEP_ABI {
using coord::on_recv;
}
