// client.hpp: the sync client: states, barriers over them, and topics, by name.
//
//   auto seq = sync.signal_entry("ready");            // 1 for the first, 2 for the second, ...
//   sync.barrier("ready", n).wait();                  // until n have signalled
//   sync.publish<std::string>("addresses", mine);     // every subscriber sees all, from the start
//   auto addresses = sync.subscribe<std::string>("addresses");
//
// The verbs mean what they mean in Testground's sync API. A state only grows, so a barrier whose
// target was passed before is open, and a new round needs a new name. Sequence numbers count from
// 1 without gaps. There is no order between states and topics.
//
// Failures: plain forms throw error, whose text says what was awaited and how far it got; forms
// with a context or a duration return it in the outcome. status: timeout, cancelled (as the context
// ended), session_lost (the run is over), mismatch (one topic, two types), unsupported (a name that
// is empty, too long or not printable; a target of 2^63 or more). All forms throw error{unavailable} when
// there is no memory for one more wait.
//
// Ordering: what X does before a signal or publish is visible to Y after a wait that it released,
// or the receipt of the value.
// A client is a handle: cheap to copy, safe to use from several tasks.
// Source: github.com/testground/sdk-go, package sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "../clock.hpp"
#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "cyclic_barrier.hpp"
#include "double_barrier.hpp"
#include "election.hpp"
#include "gate.hpp"
#include "group.hpp"
#include "latch.hpp"
#include "mutex.hpp"
#include "once.hpp"
#include "scheme.hpp"
#include "scope.hpp"
#include "semaphore.hpp"
#include "shared_counter.hpp"
#include "shared_mutex.hpp"
#include "shared_value.hpp"
#include "state_barrier.hpp"
#include "subscription.hpp"
#include "topic.hpp"
#include "wait_group.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// The name of a state, and of a topic: anything printable, up to 256 bytes.
using state_name = const std::string&;
using topic_name = const std::string&;

class client {
 public:
  // Joins a scope of a backend; see connect().
  explicit client(std::shared_ptr<coord::scope> scope) noexcept : scope_{std::move(scope)} {}

  // Adds one to the state and returns its new value. The first to signal gets 1.
  std::uint64_t signal_entry(state_name state, site where = site::current()) {
    coord::announce("signal_entry", where);
    return require(coord::signal(*scope_, state), "signal_entry", state);
  }

  // A barrier on a state: open once at least `target` have signalled. Armed at the call.
  [[nodiscard]] coord::state_barrier barrier(state_name state, std::uint64_t target) {
    return {scope_, state, target};
  }

  // signal_entry, then waits at the barrier; returns the own number.
  std::uint64_t signal_and_wait(state_name state, std::uint64_t target,
                                site where = site::current()) {
    auto meeting = barrier(state, target);
    const std::uint64_t seq = signal_entry(state, where);
    meeting.wait(where);
    return seq;
  }
  outcome<std::uint64_t> signal_and_wait(const context& ctx, state_name state, std::uint64_t target,
                                         site where = site::current()) {
    if (ctx.done()) return ctx.status();  // and nothing was signalled
    auto meeting = barrier(state, target);
    coord::announce("signal_entry", where);
    const auto seq = coord::signal(*scope_, state);
    if (!seq) return {seq.status(), seq.text()};
    return after(meeting.wait(ctx, where), *seq);
  }

  // Appends a value to the topic and returns its sequence number.
  template <class T>
  std::uint64_t publish(topic_name topic, T value, site where = site::current()) {
    coord::announce("publish", where);
    return require(coord::publish(*scope_, topic, std::move(value)), "publish", topic);
  }

  // Everything published on the topic, from the first value on.
  template <class T>
  [[nodiscard]] coord::subscription<T> subscribe(topic_name topic) {
    return coord::subscription<T>{scope_, topic};
  }

  // publish, then waits at a barrier of `state`, which it does not signal itself. Returns the
  // sequence number; a wait that fails is an error.
  template <class T>
  std::uint64_t publish_and_wait(topic_name topic, T value, state_name state, std::uint64_t target,
                                 site where = site::current()) {
    auto meeting = barrier(state, target);
    const std::uint64_t seq = publish<T>(topic, std::move(value), where);
    meeting.wait(where);
    return seq;
  }
  template <class T>
  outcome<std::uint64_t> publish_and_wait(const context& ctx, topic_name topic, T value,
                                          state_name state, std::uint64_t target,
                                          site where = site::current()) {
    if (ctx.done()) return ctx.status();  // and nothing was published
    auto meeting = barrier(state, target);
    coord::announce("publish", where);
    const auto seq = coord::publish(*scope_, topic, std::move(value));
    if (!seq) return {seq.status(), seq.text()};
    return after(meeting.wait(ctx, where), *seq);
  }

  // publish, then subscribe: the subscription also yields the own value.
  template <class T>
  struct published {
    std::uint64_t seq;
    coord::subscription<T> subscription;
  };
  template <class T>
  [[nodiscard]] published<T> publish_subscribe(topic_name topic, T value,
                                               site where = site::current()) {
    const std::uint64_t seq = publish<T>(topic, std::move(value), where);
    return {seq, subscribe<T>(topic)};
  }

  // Objects that instances share by name, with the API of those that tasks share. Throw
  // error{unsupported} for a bad name, error{mismatch} if it was opened otherwise elsewhere.
  [[nodiscard]] coord::latch latch(const std::string& name, std::ptrdiff_t count) const {
    return {scope_, name, count};
  }
  [[nodiscard]] coord::wait_group wait_group(const std::string& name) const {
    return {scope_, name};
  }
  template <class T>
  [[nodiscard]] coord::topic<T> topic(const std::string& name) const {
    return {scope_, name};
  }
  [[nodiscard]] coord::mutex mutex(const std::string& name) const { return {scope_, name}; }
  [[nodiscard]] coord::shared_mutex shared_mutex(const std::string& name) const {
    return {scope_, name};
  }
  [[nodiscard]] coord::semaphore semaphore(const std::string& name, std::ptrdiff_t permits) const {
    return {scope_, name, permits};
  }
  // For n; see coord/cyclic_barrier.hpp.
  [[nodiscard]] coord::cyclic_barrier cyclic_barrier(const std::string& name,
                                                     std::ptrdiff_t n) const {
    return {scope_, name, n};
  }
  // Those that make sense only by name.
  [[nodiscard]] coord::double_barrier double_barrier(const std::string& name,
                                                     std::ptrdiff_t n) const {
    return {scope_, name, n};
  }
  [[nodiscard]] coord::shared_counter counter(const std::string& name) const {
    return {scope_, name};
  }
  template <class T>
  [[nodiscard]] coord::shared_value<T> value(const std::string& name) const {
    return {scope_, name};
  }
  [[nodiscard]] coord::gate gate(const std::string& name) const { return {scope_, name}; }

  // The session that owns what is locked through this client, and its copies. Opened when first needed;
  // once it is lost it stays so: who goes on needs another client.
  [[nodiscard]] coord::session& session() const { return scope_->session.of(*scope_->backend); }
  template <class T = std::string>
  [[nodiscard]] coord::group<T> group(const std::string& name) const {
    return {scope_, name};
  }
  template <class T = std::string>
  [[nodiscard]] coord::election<T> election(const std::string& name) const {
    return {scope_, name};
  }
  // What f returned, to whichever instance ran it; see coord/once.hpp.
  template <class F>
  std::decay_t<std::invoke_result_t<F>> once(const std::string& name, F f,
                                             site where = site::current()) const {
    return coord::once(scope_, name, std::move(f), where);
  }

  // Ended when all sessions with the backend are, as the run is over.
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }

 private:
  static std::uint64_t require(outcome<std::uint64_t>&& o, const char* verb, state_name name) {
    if (o) return *o;
    detail::raise(o.status(), std::string{verb} + " '" + name + "': " + o.text());
  }
  static outcome<std::uint64_t> after(outcome<void>&& waited, std::uint64_t seq) {
    if (waited) return outcome<std::uint64_t>{std::in_place, seq};
    return {waited.status(), waited.text()};
  }

  std::shared_ptr<coord::scope> scope_;
};

// Opens the backend a URL names ("local:", "local:NAME") and returns a client outside of any run.
// Throws error{unsupported}, which lists what is built in, for a scheme that is not.
[[nodiscard]] inline client connect(const std::string& url) {
  return client{
      std::make_shared<coord::scope>(coord::scope{coord::open(url), "", coord::nobody, 0})};
}

}  // namespace lockstep::inline LOCKSTEP_ABI
