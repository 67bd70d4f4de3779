// topic.hpp: a topic that instances share by its name: every subscriber sees every value, in one order.
//
// The API of lockstep::topic, but that it keeps all values and is never closed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "scope.hpp"
#include "subscription.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same topic. Sequence numbers count from 1.
template <class T>
class topic {
 public:
  using value_type = T;
  using subscription = coord::subscription<T>;

  // Throws error{unsupported} for a bad name.
  topic(std::shared_ptr<scope> s, std::string name)
      : scope_{std::move(s)},
        name_{std::move(name)},
        log_{&scope_->backend->log_named(scope_->key("topic", name_))} {}

  // Appends a value and returns its number. Throws error{session_lost}, and error{mismatch} if the
  // topic carries values of another type.
  std::uint64_t publish(T value, site where = site::current()) {
    announce("publish", where);
    auto seq = coord::publish(*scope_, name_, std::move(value));
    if (!seq) detail::raise(seq.status(), "publish '" + name_ + "': " + seq.text());
    return *seq;
  }

  // A subscriber that begins with the first value, or with the one numbered `from`.
  [[nodiscard]] subscription subscribe() const { return subscription{scope_, name_}; }
  [[nodiscard]] subscription subscribe_from(std::uint64_t from) const {
    return subscription{scope_, name_, from == 0 ? 1 : from};
  }
  // A subscriber that sees only what is published from now on.
  [[nodiscard]] subscription subscribe_new() const { return subscribe_from(last() + 1); }
  // Number of the newest value; 0 before the first.
  [[nodiscard]] std::uint64_t last() const { return log_->last(); }

 private:
  std::shared_ptr<scope> scope_;
  std::string name_;
  log* log_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
