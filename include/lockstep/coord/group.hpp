// group.hpp: who is there, by name, with a value of each.
//
//   auto workers = sync.group<std::string>("workers");
//   const auto me = workers.join(address);            // until it is destroyed, or the session is lost
//   for (const auto& m : workers.members().list) connect(m.value);
//
// Source: Curator's GroupMember; after a loss nobody joins again under the old id.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../context.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../site.hpp"
#include "boxed.hpp"
#include "entrance.hpp"
#include "guard.hpp"
#include "roster_change.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same group. A member may be dead for as long as its session
// takes to end.
template <class T>
class group {
 public:
  struct member {
    std::uint64_t id;  // greater than that of all who joined before
    participant who;
    T value;
  };
  struct view {
    std::vector<member> list;  // in the order in which they joined
    std::uint64_t revision;
  };
  // A membership, which is left when it is destroyed.
  class [[nodiscard]] membership : public guard {
   public:
    using guard::guard;
    [[nodiscard]] std::uint64_t id() const noexcept { return token(); }
    // Shows another value. Throws error{session_lost}.
    void set(T value, site where = site::current()) {
      announce("set", where);
      check();
      if (!of_->roster().replace(ticket_, boxed(std::move(value)))) check();
    }
  };

  // Throws error{unsupported} for a bad name.
  group(std::shared_ptr<scope> s, const std::string& name)
      : entrance_{std::make_shared<const entrance>(std::move(s), "group", name, roster_rule{})} {}

  // Throws error{session_lost}.
  membership join(T value, site where = site::current()) {
    return {entrance_, entrance_
                           ->enter(terms{.exclusive = false}, boxed(std::move(value)),
                                   detail::limit::none(), "join", where)
                           .value()};
  }
  // Throws error{mismatch} if values are of another type.
  [[nodiscard]] view members() const {
    const roster_view now = entrance_->roster().view();
    view v{{}, now.revision};
    for (const auto& m : now.members) {
      v.list.push_back({m.number, m.who, unboxed<T>(m.value, entrance_->name())});
    }
    return v;
  }
  // Something to wait for: that members() returns a later revision. Some may be skipped.
  [[nodiscard]] roster_change after(std::uint64_t revision) const { return {entrance_, revision}; }

 private:
  std::shared_ptr<const entrance> entrance_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
