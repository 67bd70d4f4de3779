// lazy_session.hpp: a session that is opened when it is first needed.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "../detail/config.hpp"
#include "../runtime/short_lock.hpp"
#include "backend.hpp"
#include "session.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Most instances of a plan need none; a million of them shall not pay for one.
class lazy_session {
 public:
  lazy_session() = default;
  // Requires that nobody has asked o yet.
  lazy_session(lazy_session&& o) noexcept : session_{std::move(o.session_)} {}
  lazy_session& operator=(lazy_session&&) = delete;
  ~lazy_session() { close(); }

  [[nodiscard]] session& of(backend& b) {
    // Acquire: pairs with the store below.
    if (session* const s = opened_.load(std::memory_order_acquire)) return *s;
    const std::lock_guard hold{lock_};
    if (session_ == nullptr) session_ = b.open_session();
    if (closed_) session_->close();
    opened_.store(session_.get(), std::memory_order_release);
    return *session_;
  }
  // Closes it, for good; also if it is yet to be opened.
  void close() noexcept {
    session* opened = nullptr;
    {
      const std::lock_guard hold{lock_};
      closed_ = true;
      opened = session_.get();
    }
    if (opened != nullptr) opened->close();
  }

 private:
  detail::short_lock lock_;
  std::atomic<session*> opened_{nullptr};
  std::unique_ptr<session> session_;  // set once
  bool closed_ = false;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
