// latch.hpp: a latch that instances share by its name: a gate that opens once, when a count is zero.
//
// The API of lockstep::latch. Waiting forms that may fail return an outcome, whose error() says how
// far the count got.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "../site.hpp"
#include "agreed.hpp"
#include "announce.hpp"
#include "scope.hpp"
#include "state_barrier.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same latch.
class latch : public state_barrier {
 public:
  // Throws error{unsupported} for a bad name or a negative count, error{mismatch} if the latch was
  // opened with another count.
  latch(std::shared_ptr<scope> s, const std::string& name, std::ptrdiff_t count)
      : state_barrier{std::move(s), "latch", "latch", name, static_cast<std::uint64_t>(count)} {
    agree_on(*scope_, "latch", name, name_, target_);
  }

  [[nodiscard]] static constexpr std::ptrdiff_t max() noexcept {
    return std::numeric_limits<std::ptrdiff_t>::max();
  }

  // Lowers the count by n, which is not negative. Throws error{session_lost}, and error{too_many} if
  // the count was lower than n: it is zero then. Does not touch the handle once it may have released
  // somebody.
  void count_down(std::ptrdiff_t n = 1, site where = site::current()) {
    announce("count_down", where);
    require_session(*scope_, name_);
    if (n < 0) detail::raise(status::unsupported, name_ + ": counted down by a negative number");
    const std::shared_ptr<scope> keep = scope_;
    const std::string name = name_;
    const std::uint64_t target = target_;
    const auto counted = counter_->add(static_cast<std::uint64_t>(n), scope_->self).value();
    if (n > 0 && counted > target) {
      detail::raise(status::too_many, name + ": counted down " + std::to_string(counted) +
                                          " times, made for " + std::to_string(target));
    }
  }
  // count_down(n), then wait().
  void arrive_and_wait(std::ptrdiff_t n = 1, site where = site::current()) {
    count_down(n, where);
    wait(where);
  }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
