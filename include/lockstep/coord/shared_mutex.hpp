// shared_mutex.hpp: a mutex by name that many may hold together, if all of them only read.
//
// Served in order of arrival: a reader waits for every writer that came before it, so that neither side
// starves; if a waiting writer gives up, the readers behind it are let in at once. A writer may become a
// reader without letting another writer in between; a reader never becomes a writer: two of them would
// wait for each other.
// Source: Curator's InterProcessReadWriteLock; the readers of Redisson's overtake waiting writers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "../context.hpp"
#include "../contract.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../runtime/short_lock.hpp"
#include "../site.hpp"
#include "entrance.hpp"
#include "guard.hpp"
#include "lock_spellings.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle, which several tasks may use: each lock_shared() and acquire_shared() has a ticket of its own.
class shared_mutex : public exclusive_spellings<shared_mutex> {
 public:
  // Throws error{unsupported} for a bad name.
  shared_mutex(std::shared_ptr<scope> s, const std::string& name)
      : entrance_{
            std::make_shared<const entrance>(std::move(s), "shared_mutex", name, roster_rule{})} {}

  // Gives up what lock() took. Never throws. Contract: it was taken.
  void unlock(site where = site::current()) {
    const ticket mine = std::exchange(held_, {});
    detail::expects(mine.number != 0, "a named shared mutex is unlocked that is not locked", this,
                    where);
    announce("unlock", where);
    entrance_->leave(mine);
  }

  void lock_shared(site where = site::current()) {
    take_shared(detail::limit::none(), where).value();
  }
  [[nodiscard]] bool try_lock_shared(site where = site::current()) {
    return bool{take_shared(detail::limit::at_once(), where)};
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& d,
                                         site where = site::current()) {
    return bool{take_shared(detail::limit::within<any_runtime>(d), where)};
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                           site where = site::current()) {
    return bool{take_shared(detail::limit::until<any_runtime>(deadline), where)};
  }
  outcome<void> lock_shared(const context& ctx, site where = site::current()) {
    return take_shared(detail::limit::of(ctx), where);
  }
  // Gives up one that was taken shared. Contract: there is one.
  void unlock_shared(site where = site::current()) {
    ticket mine;
    {
      const std::lock_guard hold{lock_};
      if (!shared_.empty()) {
        mine = shared_.back();
        shared_.pop_back();
      }
    }
    detail::expects(mine.number != 0, "a named shared mutex is unlocked that nobody shares", this,
                    where);
    announce("unlock_shared", where);
    entrance_->leave(mine);
  }

  [[nodiscard]] guard acquire_shared(site where = site::current()) {
    return guarded_shared(detail::limit::none(), where).value();
  }
  [[nodiscard]] outcome<guard> try_acquire_shared(site where = site::current()) {
    return guarded_shared(detail::limit::at_once(), where);
  }
  template <class Rep, class Period>
  [[nodiscard]] outcome<guard> try_acquire_shared_for(const std::chrono::duration<Rep, Period>& d,
                                                      site where = site::current()) {
    return guarded_shared(detail::limit::within<any_runtime>(d), where);
  }
  [[nodiscard]] outcome<guard> acquire_shared(const context& ctx, site where = site::current()) {
    return guarded_shared(detail::limit::of(ctx), where);
  }

  // What lock() took is shared from now on, under the same token; readers that wait behind it are let in.
  // Throws error{session_lost}, and is to be unlocked still. Contract: lock() took it.
  void downgrade(site where = site::current()) {
    detail::expects(held_.number != 0, "a named shared mutex is downgraded that is not locked",
                    this, where);
    announce("downgrade", where);
    if (!entrance_->roster().narrow(held_, shared_terms)) {
      detail::raise(status::session_lost, entrance_->name());
    }
    keep_shared(held_);
    held_ = {};
  }

  // Of what lock() took: its token, and the context that ends when it is lost.
  [[nodiscard]] std::uint64_t token() const noexcept { return held_.number; }
  [[nodiscard]] context lost() const { return entrance_->session().lost(); }

 private:
  friend class exclusive_spellings<shared_mutex>;
  static constexpr terms shared_terms{.exclusive = false};

  void keep_shared(ticket t) {
    const std::lock_guard hold{lock_};
    shared_.push_back(t);
  }
  outcome<void> take_shared(const detail::limit& lim, const site& where) {
    auto in = entrance_->enter(shared_terms, {}, lim, "lock_shared", where);
    if (!in) return {in.status(), in.text()};
    guard owner{entrance_, *in};
    keep_shared(*in);
    owner.disown();
    return status::ok;
  }
  outcome<guard> guarded_shared(const detail::limit& lim, const site& where) {
    auto in = entrance_->enter(shared_terms, {}, lim, "acquire_shared", where);
    if (!in) return {in.status(), in.text()};
    return outcome<guard>{std::in_place, entrance_, *in};
  }

  std::shared_ptr<const entrance> entrance_;
  ticket held_;
  detail::short_lock lock_;
  std::vector<ticket> shared_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
