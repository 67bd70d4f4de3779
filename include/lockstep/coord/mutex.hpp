// mutex.hpp: mutual exclusion by name, in order of arrival, told by a token.
//
//   auto m = sync.mutex("ledger");
//   { std::lock_guard hold{m}; ... }              // as any mutex
//   auto owner = m.acquire();                     // or so, to know more
//   store.write(value, owner.token());            // a resource refuses tokens lower than it has seen
//
// Tickets are served in order; one whose session ends, or whose wait is given up, is passed over. At any
// moment of the backend at most one is admitted. A holder whose session is lost is told by lost(), and
// remaining() says until when it can be sure. Not recursive, and not bound to a task.
// Source: Curator's InterProcessSemaphoreMutex, etcd's Mutex; neither tells the loss, or a token.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../contract.hpp"
#include "../detail/config.hpp"
#include "../site.hpp"
#include "entrance.hpp"
#include "guard.hpp"
#include "lock_spellings.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle, which several tasks may use: each lock() and acquire() has a ticket of its own.
class mutex : public exclusive_spellings<mutex> {
 public:
  // Throws error{unsupported} for a bad name.
  mutex(std::shared_ptr<scope> s, const std::string& name)
      : entrance_{std::make_shared<const entrance>(std::move(s), "mutex", name, roster_rule{})} {}

  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Gives up what lock() took, by whichever task. Never throws: a loss is seen by lost() and token().
  // Contract: it was taken.
  void unlock(site where = site::current()) {
    const ticket mine = std::exchange(held_, {});
    detail::expects(mine.number != 0, "a named mutex is unlocked that is not locked", this, where);
    announce("unlock", where);
    entrance_->leave(mine);
  }

  // Of what lock() took: its token, and the context that ends when it is lost.
  [[nodiscard]] std::uint64_t token() const noexcept { return held_.number; }
  [[nodiscard]] context lost() const { return entrance_->session().lost(); }

 private:
  friend class exclusive_spellings<mutex>;

  std::shared_ptr<const entrance> entrance_;
  ticket held_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
