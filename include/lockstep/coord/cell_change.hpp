// cell_change.hpp: waiting until a cell has changed.
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
#include "backend.hpp"
#include "scope.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// That a cell's version is greater than one that was seen. `name` and `what` stand for it in texts:
// "gate 'x': still epoch 7".
class [[nodiscard]] cell_change : public waits<cell_change> {
 public:
  cell_change(std::shared_ptr<scope> s, std::string name, const char* what, cell& c,
              std::uint64_t seen)
      : scope_{std::move(s)}, name_{std::move(name)}, what_{what}, cell_{&c}, seen_{seen} {}

  // For waits.
  [[nodiscard]] bool reached() const { return cell_->get().version > seen_; }
  bool arm(detail::alarm& a) { return cell_->arm(seen_, a); }
  void disarm(detail::alarm& a) { cell_->disarm(a); }
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: still %s %llu", name_.c_str(), what_,
                  static_cast<unsigned long long>(seen_));
  }
  [[nodiscard]] std::string failure(status, duration waited) const {
    return name_ + ": still " + what_ + " " + std::to_string(seen_) + " after " +
           detail::duration_text(waited);
  }

 private:
  std::shared_ptr<scope> scope_;
  std::string name_;
  const char* what_;
  cell* cell_;
  std::uint64_t seen_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
