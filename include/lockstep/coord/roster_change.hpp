// roster_change.hpp: waiting until those of a roster are others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../status.hpp"
#include "entrance.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// That a roster's revision is greater than one that was seen.
class [[nodiscard]] roster_change : public waits<roster_change> {
 public:
  roster_change(std::shared_ptr<const entrance> of, std::uint64_t seen)
      : of_{std::move(of)}, seen_{seen} {}

  // For waits.
  [[nodiscard]] bool reached() const { return of_->roster().view().revision > seen_; }
  bool arm(detail::alarm& a) { return of_->roster().arm_change(seen_, a); }
  void disarm(detail::alarm& a) { of_->roster().disarm_change(a); }
  [[nodiscard]] context lost() const { return of_->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: no change", of_->name().c_str());
  }
  [[nodiscard]] std::string failure(status, duration waited) const {
    return of_->name() + ": no change after " + detail::duration_text(waited);
  }

 private:
  std::shared_ptr<const entrance> of_;
  std::uint64_t seen_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
