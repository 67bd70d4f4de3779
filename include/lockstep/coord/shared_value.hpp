// shared_value.hpp: a value that instances share by its name, with a version for each change.
//
//   auto leader = sync.value<std::string>("leader");
//   if (auto v = leader.set_if_absent(mine)) ...       // the first one wins
//   leader.after(seen).wait();                         // until it is another
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
#include "boxed.hpp"
#include "cell_change.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same value. There is none at first. Versions grow with
// each change, also when the value (or nothing) is erased, and none comes twice.
// What changes it throws error{session_lost}; that, and get(), error{mismatch} if it is of another type.
template <class T>
class shared_value {
 public:
  struct versioned {
    T value;
    std::uint64_t version;
  };

  // Throws error{unsupported} for a bad name.
  shared_value(std::shared_ptr<scope> s, const std::string& name)
      : scope_{std::move(s)},
        name_{"value '" + name + "'"},
        cell_{&scope_->backend->cell_named(scope_->key("value", name))} {}

  [[nodiscard]] std::optional<versioned> get() const {
    const cell_state now = cell_->get();
    if (!now.exists()) return std::nullopt;
    return versioned{unboxed<T>(now.value, name_), now.version};
  }
  // Of the last change; 0 before the first.
  [[nodiscard]] std::uint64_t version() const { return cell_->get().version; }

  // Return the new version.
  std::uint64_t set(T v, site where = site::current()) {
    return change("set", boxed(std::move(v)), expected::anything(), where).value();
  }
  std::uint64_t erase(site where = site::current()) {
    return change("erase", {}, expected::anything(), where).value();
  }
  // The same, or conflict: it has changed since that version; it is there.
  outcome<std::uint64_t> set_if(std::uint64_t version, T v, site where = site::current()) {
    return change("set", boxed(std::move(v)), expected::since(version), where);
  }
  outcome<std::uint64_t> set_if_absent(T v, site where = site::current()) {
    return change("set", boxed(std::move(v)), expected::nothing(), where);
  }
  // For the owner of something that the value belongs to, by its token. Who is going to change what it
  // reads calls fence() before: what earlier owners write is refused from then on.
  // stale_token: a later owner was here.
  outcome<void> fence(std::uint64_t token, site where = site::current()) {
    announce("fence", where);
    require_session(*scope_, name_);
    if (token != 0 && cell_->fence(token) == status::ok) return status::ok;
    return {status::stale_token, name_ + ": a later owner was here"};
  }
  outcome<std::uint64_t> set_fenced(std::uint64_t token, T v, site where = site::current()) {
    if (token == 0) return {status::stale_token, name_ + ": the token of no owner"};
    return change("set", boxed(std::move(v)), expected::anything().fenced(token), where);
  }
  outcome<std::uint64_t> erase_if(std::uint64_t version, site where = site::current()) {
    return change("erase", {}, expected::since(version), where);
  }

  // Something to wait for: that it has changed since that version. Changes in between may be skipped.
  [[nodiscard]] cell_change after(std::uint64_t version) const {
    return {scope_, name_, "version", *cell_, version};
  }

 private:
  outcome<std::uint64_t> change(const char* verb, payload v, expected e, site where) {
    announce(verb, where);
    require_session(*scope_, name_);
    auto changed = cell_->put(std::move(v), e);
    if (changed.status() == status::mismatch) {
      detail::raise(status::mismatch, name_ + ": " + changed.text());
    }
    if (changed.status() == status::stale_token) {
      return {status::stale_token, name_ + ": a later owner was here"};
    }
    if (!changed) return {changed.status(), name_ + ": it is another by now"};
    return changed;
  }

  std::shared_ptr<scope> scope_;
  std::string name_;
  cell* cell_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
