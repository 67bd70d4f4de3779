// shared_mutex.hpp: many readers or one writer, in order of arrival.
//
// Works with std::unique_lock and std::shared_lock. Beside exclusive and shared there is upgrade
// mode: one task at a time reads in it, beside other readers, and may become the writer without
// letting go (unlock_upgrade_and_lock) or go back.
//
// Who cannot enter at once queues up. The queue is served strictly in order, readers that follow one
// another together, and ownership is handed to the waiter by whoever lets go: neither readers nor
// writers starve (RW-3, RW-4). So a task must not lock shared again what it has locked already: a
// writer that came in between would wait for the first, and the second for the writer (RW-1).
// Not bound to its owner: another task may unlock it.
//
// Ordering: what a writer does before it lets go is visible to all who lock later, what a reader
// does to later writers (RW-9). A try_ form that fails orders nothing.
// Lifetime: may be destroyed by whoever locked it last, as soon as it has unlocked; earlier callers
// of unlock need not have returned.
// Cost: without waiters each operation is one atomic step.
// Source: the modes of Boost.Thread's upgrade_mutex and folly's SharedMutex; statements RW-1..11.
#pragma once

#include <cstddef>
#include <cstdio>

#include "context.hpp"
#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/mode_lock.hpp"
#include "detail/thread_safety.hpp"
#include "detail/watched_lock.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class LOCKSTEP_CAPABILITY("shared mutex") basic_shared_mutex
    : private detail::visible_object<basic_shared_mutex<R>, R> {
 public:
  using runtime_type = R;

  constexpr basic_shared_mutex() noexcept = default;
  basic_shared_mutex(const basic_shared_mutex&) = delete;
  basic_shared_mutex& operator=(const basic_shared_mutex&) = delete;
  // Contract: no task waits.
  ~basic_shared_mutex() {
    detail::expects(!modes_.has_waiters(), "a shared mutex is destroyed with waiters", this,
                    site::current());
  }

  // Blocks until the caller holds the mutex alone.
  void lock(site where = site::current()) LOCKSTEP_ACQUIRE() {
    acquire(to_write, detail::limit::none(), where);
  }
  // Whether the mutex was locked. Fails, as all try_ forms do, rather than overtake who waits.
  [[nodiscard]] bool try_lock(site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return acquire(to_write, detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& d,
                                  site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return acquire(to_write, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                    site where = site::current()) LOCKSTEP_TRY_ACQUIRE(true) {
    return acquire(to_write, detail::limit::until<R>(deadline), where) == status::ok;
  }
  // ok: locked. Otherwise not locked, and the context ended before or meanwhile.
  [[nodiscard]] status lock(const context& ctx, site where = site::current()) {
    return acquire(to_write, detail::limit::of(ctx), where);
  }

  // The same for a reader: beside other readers, and the holder of upgrade mode.
  void lock_shared(site where = site::current()) LOCKSTEP_ACQUIRE_SHARED() {
    acquire(to_read, detail::limit::none(), where);
  }
  [[nodiscard]] bool try_lock_shared(site where = site::current())
      LOCKSTEP_TRY_ACQUIRE_SHARED(true) {
    return acquire(to_read, detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& d,
                                         site where = site::current())
      LOCKSTEP_TRY_ACQUIRE_SHARED(true) {
    return acquire(to_read, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                           site where = site::current())
      LOCKSTEP_TRY_ACQUIRE_SHARED(true) {
    return acquire(to_read, detail::limit::until<R>(deadline), where) == status::ok;
  }
  [[nodiscard]] status lock_shared(const context& ctx, site where = site::current()) {
    return acquire(to_read, detail::limit::of(ctx), where);
  }

  // The same for upgrade mode: beside readers, but one task only.  // RW-2
  void lock_upgrade(site where = site::current()) {
    acquire(to_upgrade, detail::limit::none(), where);
  }
  [[nodiscard]] bool try_lock_upgrade(site where = site::current()) {
    return acquire(to_upgrade, detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_lock_upgrade_for(const std::chrono::duration<Rep, Period>& d,
                                          site where = site::current()) {
    return acquire(to_upgrade, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_lock_upgrade_until(
      const std::chrono::time_point<Clock, Duration>& deadline, site where = site::current()) {
    return acquire(to_upgrade, detail::limit::until<R>(deadline), where) == status::ok;
  }
  [[nodiscard]] status lock_upgrade(const context& ctx, site where = site::current()) {
    return acquire(to_upgrade, detail::limit::of(ctx), where);
  }

  // From upgrade mode to exclusive: blocks until the readers have left, and lets nobody in before.
  // Who fails is still in upgrade mode.  // RW-6, RW-7
  void unlock_upgrade_and_lock(site where = site::current()) {
    acquire(upgrade, detail::limit::none(), where);
  }
  [[nodiscard]] bool try_unlock_upgrade_and_lock(site where = site::current()) {
    return acquire(upgrade, detail::limit::at_once(), where) == status::ok;
  }
  template <class Rep, class Period>
  [[nodiscard]] bool try_unlock_upgrade_and_lock_for(const std::chrono::duration<Rep, Period>& d,
                                                     site where = site::current()) {
    return acquire(upgrade, detail::limit::within<R>(d), where) == status::ok;
  }
  template <class Clock, class Duration>
  [[nodiscard]] bool try_unlock_upgrade_and_lock_until(
      const std::chrono::time_point<Clock, Duration>& deadline, site where = site::current()) {
    return acquire(upgrade, detail::limit::until<R>(deadline), where) == status::ok;
  }
  [[nodiscard]] status unlock_upgrade_and_lock(const context& ctx, site where = site::current()) {
    return acquire(upgrade, detail::limit::of(ctx), where);
  }

  // Contract, from here on: the mutex is held in the mode that is given up.  // RW-10
  void unlock(site where = site::current()) LOCKSTEP_RELEASE() { release(from_write, where); }
  void unlock_shared(site where = site::current()) LOCKSTEP_RELEASE_SHARED() {
    release(from_read, where);
  }
  void unlock_upgrade(site where = site::current()) { release(from_upgrade, where); }
  // To a weaker mode, without letting a writer in between.  // RW-5
  void unlock_and_lock_shared(site where = site::current()) { release(write_to_read, where); }
  void unlock_and_lock_upgrade(site where = site::current()) { release(write_to_upgrade, where); }
  void unlock_upgrade_and_lock_shared(site where = site::current()) {
    release(upgrade_to_read, where);
  }

  // For on_acquire: as a writer; as a reader through shared().
  auto acquire_source(std::ptrdiff_t) noexcept { return source{*this, to_write}; }
  auto acquire_shared_source() noexcept { return source{*this, to_read}; }

 private:
  friend class detail::visible_object<basic_shared_mutex, R>;
  using transition = detail::transition;
  static constexpr auto writer = detail::lock_writer;
  static constexpr auto upgrader = detail::lock_upgrader;
  static constexpr auto reader = detail::lock_reader;
  static constexpr auto readers = detail::lock_readers;

  // What each operation needs the caller to hold, needs others not to hold, and changes.
  static constexpr transition to_write{"lock", 0, writer | upgrader | readers, writer};
  static constexpr transition to_read{"lock_shared", 0, writer, reader};
  static constexpr transition to_upgrade{"lock_upgrade", 0, writer | upgrader, upgrader};
  static constexpr transition upgrade{"unlock_upgrade_and_lock", upgrader, readers,
                                      writer - upgrader};
  static constexpr transition from_write{"unlock", writer, 0, 0 - writer};
  static constexpr transition from_read{"unlock_shared", readers, 0, 0 - reader};
  static constexpr transition from_upgrade{"unlock_upgrade", upgrader, 0, 0 - upgrader};
  static constexpr transition write_to_read{"unlock_and_lock_shared", writer, 0, reader - writer};
  static constexpr transition write_to_upgrade{"unlock_and_lock_upgrade", writer, 0,
                                               upgrader - writer};
  static constexpr transition upgrade_to_read{"unlock_upgrade_and_lock_shared", upgrader, 0,
                                              reader - upgrader};

  status acquire(const transition& t, const detail::limit& lim, site where) {
    if (const status s = this->admit(t.verb, lim, where); s != status::ok) [[unlikely]]
      return s;
    detail::lock_word seen = 0;
    if (!detail::hooked<R>() && modes_.take(t, seen, this, where)) [[likely]]
      return status::ok;
    if (lim.poll && !detail::hooked<R>() && (seen & detail::lock_slow) == 0) {
      return status::would_block;
    }
    return acquire_further(t, lim.copy(), where.copy());
  }
  void release(const transition& t, site where) {
    this->announce(t.verb, where);
    if (!detail::hooked<R>()) [[likely]]
      return modes_.release(t, this, where);
    release_watched(t, where.copy());
  }
  status acquire_further(const transition& t, const detail::limit& lim, site where);
  void release_watched(const transition& t, site where);

  // The modes that a transition leads to and from, for whoever watches locks.
  static constexpr detail::lock_mode mode_after(const transition& t) noexcept {
    if (&t == &to_upgrade || &t == &write_to_upgrade) return detail::lock_mode::upgrade;
    const bool reads = &t == &to_read || &t == &write_to_read || &t == &upgrade_to_read;
    return reads ? detail::lock_mode::shared : detail::lock_mode::exclusive;
  }
  static constexpr detail::lock_mode mode_before(const transition& t) noexcept {
    if (t.held == upgrader) return detail::lock_mode::upgrade;
    return t.held == writer ? detail::lock_mode::exclusive : detail::lock_mode::shared;
  }
  // Tells that a mode was entered in which nothing had to be waited for.
  void entered(const transition& t, const detail::limit& lim, site where) {
    static_cast<void>(detail::taken<R>(operation(t.verb, where), mode_after(t), lim,
                                       [](bool) { return status::ok; }));
  }

  // The mutex is held before and after, in different modes.
  template <class Change>
  void change_watched(const transition& t, site where, Change change) {
    detail::given_up<R>(this, mode_before(t), change);
    if (detail::hooked<R>()) entered(t, detail::limit::at_once(), where);
  }

  // What select drives.
  class source : public detail::mode_lock<R>::source {
   public:
    source(basic_shared_mutex& m, const transition& t) noexcept
        : detail::mode_lock<R>::source{m.modes_, t, m.operation(t.verb, {})},
          self_{&m},
          transition_{&t} {}
    void chosen(const detail::limit& lim, site where) const {
      if (detail::hooked<R>()) [[unlikely]]
        self_->entered(*transition_, lim, where.copy());
    }

   private:
    basic_shared_mutex* self_;
    const transition* transition_;
  };

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "shared mutex", this, where, &describe};
  }
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    const auto w = static_cast<const basic_shared_mutex*>(object)->modes_.word();
    if ((w & writer) != 0) {
      std::snprintf(text, size, "held by a writer");
    } else {
      std::snprintf(text, size, "held by %llu readers%s",
                    static_cast<unsigned long long>(w / reader),
                    (w & upgrader) != 0 ? " and one in upgrade mode" : "");
    }
  }

  detail::mode_lock<R> modes_;
};

// A shared mutex as its readers see it: select(on_acquire(shared(m), f)).
template <class R>
class basic_shared_mode {
 public:
  using runtime_type = R;
  explicit basic_shared_mode(basic_shared_mutex<R>& m) noexcept : mutex_{&m} {}
  auto acquire_source(std::ptrdiff_t) const noexcept { return mutex_->acquire_shared_source(); }

 private:
  basic_shared_mutex<R>* mutex_;
};
template <class R>
[[nodiscard]] basic_shared_mode<R> shared(basic_shared_mutex<R>& m) noexcept {
  return basic_shared_mode<R>{m};
}

using shared_mutex = basic_shared_mutex<any_runtime>;
namespace threads {
using shared_mutex = basic_shared_mutex<threads_runtime>;
}

template <class R>
LOCKSTEP_COLD status basic_shared_mutex<R>::acquire_further(const transition& t,
                                                            const detail::limit& lim, site where) {
  const auto enter = [&](bool) {
    detail::lock_word seen = 0;
    if (modes_.take(t, seen, this, where)) return status::ok;
    return modes_.wait(t, lim, operation(t.verb, where));
  };
  if (t.held == 0) return detail::taken<R>(operation(t.verb, where), mode_after(t), lim, enter);
  const status s = enter(false);
  if (s == status::ok) change_watched(t, where, [] {});
  return s;
}

template <class R>
LOCKSTEP_COLD void basic_shared_mutex<R>::release_watched(const transition& t, site where) {
  const auto leave = [&] { modes_.release(t, this, where); };
  const bool is_kept = &t == &write_to_read || &t == &write_to_upgrade || &t == &upgrade_to_read;
  if (is_kept) return change_watched(t, where, leave);
  detail::given_up<R>(this, mode_before(t), leave);
}

}  // namespace lockstep::inline LOCKSTEP_ABI
