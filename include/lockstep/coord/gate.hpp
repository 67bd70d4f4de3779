// gate.hpp: a gate that instances share by its name: who waits goes on once it is open.
//
// A gate is open at first. Whoever sets it closes it, and is told the epoch that has begun; to open it
// needs that epoch, so that nobody opens what another has closed since.
// Source: the barriers of Curator and zksync; there any client may open any, and epochs come twice.
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
#include "../detail/type_tag.hpp"
#include "../error.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "cell_change.hpp"
#include "scope.hpp"
#include "waits.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same gate. wait() returns once the gate was seen open; it
// may miss that it was for a moment.
class gate : public waits<gate> {
 public:
  // Throws error{unsupported} for a bad name.
  gate(std::shared_ptr<scope> s, const std::string& name)
      : scope_{std::move(s)},
        name_{"gate '" + name + "'"},
        cell_{&scope_->backend->cell_named(scope_->key("gate", name))} {}

  // Closes the gate and returns the epoch that begins; that of now, if it was closed already. Throws
  // error{session_lost}.
  std::uint64_t set(site where = site::current()) {
    announce("set", where);
    require_session(*scope_, name_);
    for (;;) {
      const auto begun = cell_->put({std::make_shared<const char>('-'), &detail::type_tag_of<char>},
                                    expected::nothing());
      if (begun) return *begun;
      if (const cell_state now = cell_->get(); now.exists()) return now.version;
    }
  }
  // Opens the gate, if it was closed for this epoch; returns whether it did. Throws
  // error{session_lost}.
  bool unset(std::uint64_t epoch, site where = site::current()) {
    return open(expected::since(epoch), where);
  }
  // Opens the gate, whoever closed it.
  void unset_any(site where = site::current()) { open(expected::anything(), where); }
  // Something to wait for: that the epoch is over. Never missed, however briefly the gate is open.
  [[nodiscard]] cell_change end_of(std::uint64_t epoch) const {
    return {scope_, name_, "epoch", *cell_, epoch};
  }

  // For waits.
  [[nodiscard]] bool reached() const { return !cell_->get().exists(); }
  bool arm(detail::alarm& a) {
    for (;;) {
      const cell_state now = cell_->get();
      if (!now.exists()) return true;
      if (!cell_->arm(now.version, a)) return false;
    }
  }
  void disarm(detail::alarm& a) { cell_->disarm(a); }
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: %s", name_.c_str(), reached() ? "open" : "closed");
  }
  [[nodiscard]] std::string failure(status, duration waited) const {
    return name_ + ": closed after " + detail::duration_text(waited);
  }

 private:
  bool open(expected e, site where) {
    announce("unset", where);
    require_session(*scope_, name_);
    return cell_->get().exists() && cell_->put({}, e).status() == status::ok;
  }

  std::shared_ptr<scope> scope_;
  std::string name_;
  cell* cell_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
