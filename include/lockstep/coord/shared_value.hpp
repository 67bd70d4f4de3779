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
#include "../detail/type_tag.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "backend.hpp"
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
    if (!now.value.type->is(detail::type_tag_of<T>)) {
      detail::raise(status::mismatch, name_ + ": it holds " + now.value.type->name() + ", not " +
                                          detail::type_tag_of<T>.name());
    }
    return versioned{*static_cast<const T*>(now.value.value.get()), now.version};
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
  outcome<std::uint64_t> erase_if(std::uint64_t version, site where = site::current()) {
    return change("erase", {}, expected::since(version), where);
  }

  // Something to wait for: that it has changed since that version. Changes in between may be skipped.
  [[nodiscard]] cell_change after(std::uint64_t version) const {
    return {scope_, name_, "version", *cell_, version};
  }

 private:
  static payload boxed(T&& v) {
    return {std::make_shared<const T>(std::move(v)), &detail::type_tag_of<T>};
  }
  outcome<std::uint64_t> change(const char* verb, payload v, expected e, site where) {
    announce(verb, where);
    require_session(*scope_, name_);
    auto changed = cell_->put(std::move(v), e);
    if (changed.status() == status::mismatch) {
      detail::raise(status::mismatch, name_ + ": " + changed.text());
    }
    if (!changed) return {changed.status(), name_ + ": it is another by now"};
    return changed;
  }

  std::shared_ptr<scope> scope_;
  std::string name_;
  cell* cell_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
