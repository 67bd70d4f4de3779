// election.hpp: one leader at a time, by name, with a term and a value for all to see.
//
//   auto e = sync.election<std::string>("leader");
//   auto lead = e.campaign(address);                 // until it leads
//   while (lead) work(lead.term(), lead.lost());     // an old leader's term is refused by what is fenced
//
//   for (auto seen = e.observe();;) follow(seen.next().value());
//
// Candidates lead in order of arrival. Terms only grow. At one moment of the backend at most one leads; one
// whose session is lost is told by lost(). After a loss, campaign again: with another client, at the end.
// Source: etcd's concurrency.Election and Curator's LeaderLatch, which takes a lost leadership up again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "boxed.hpp"
#include "entrance.hpp"
#include "guard.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A handle: others of the same name are of the same election.
template <class T>
class election {
 public:
  struct leader {
    std::uint64_t term;
    participant who;
    T value;
  };

  class [[nodiscard]] leadership : public guard {
   public:
    using guard::guard;
    [[nodiscard]] std::uint64_t term() const noexcept { return token(); }
    // Shows another value; session_lost: it does not lead any more.
    outcome<void> proclaim(T value, site where = site::current()) {
      announce("proclaim", where);
      if (*this && of_->roster().replace(ticket_, boxed(std::move(value)))) {
        return status::ok;
      }
      return {status::session_lost, "proclaim: it does not lead any more"};
    }
    // The next candidate leads.
    void resign() noexcept { release(); }
  };

  // Sees who leads: each next() that returns tells something else than the one before, in order; what was
  // for a short time may be skipped, the last never is.
  class observer {
   public:
    explicit observer(std::shared_ptr<const entrance> of) : of_{std::move(of)} {}

    // Nobody, at first or between two leaders, is told, too. Throws error{session_lost}, error{mismatch}.
    std::optional<leader> next(site where = site::current()) {
      return wait(detail::limit::none(), where).value();
    }
    outcome<std::optional<leader>> next(const context& ctx, site where = site::current()) {
      return wait(detail::limit::of(ctx), where);
    }
    outcome<std::optional<leader>> try_next(site where = site::current()) {
      return wait(detail::limit::at_once(), where);
    }
    template <class Rep, class Period>
    outcome<std::optional<leader>> try_next_for(const std::chrono::duration<Rep, Period>& d,
                                                site where = site::current()) {
      return wait(detail::limit::within<any_runtime>(d), where);
    }

   private:
    outcome<std::optional<leader>> wait(const detail::limit& lim, const site& where) {
      std::optional<roster_view::member> now;
      const status s = of_->wait_for_change(
          [&](const roster_view& v) {
            now.reset();
            if (!v.members.empty() && v.members.front().admitted) now = v.members.front();
            return !told_ || number_ != (now ? now->number : 0) ||
                   (now && value_.value != now->value.value);
          },
          lim, "next", where);
      if (s != status::ok) return {s, of_->name() + ": no other leader"};
      told_ = true;
      number_ = now ? now->number : 0;
      value_ = now ? now->value : payload{};
      if (!now) return outcome<std::optional<leader>>{std::in_place, std::nullopt};
      return outcome<std::optional<leader>>{std::in_place, leader_of(*now, *of_)};
    }

    std::shared_ptr<const entrance> of_;
    bool told_ = false;
    std::uint64_t number_ = 0;  // what was told last
    payload value_;
  };

  // Throws error{unsupported} for a bad name.
  election(std::shared_ptr<scope> s, const std::string& name)
      : entrance_{std::make_shared<const entrance>(std::move(s), "election", name, roster_rule{})} {
  }

  // Blocks until it leads. Throws error{session_lost}.
  leadership campaign(T value, site where = site::current()) {
    return run(std::move(value), detail::limit::none(), where).value();
  }
  outcome<leadership> campaign(const context& ctx, T value, site where = site::current()) {
    return run(std::move(value), detail::limit::of(ctx), where);
  }
  outcome<leadership> try_campaign(T value, site where = site::current()) {
    return run(std::move(value), detail::limit::at_once(), where);
  }
  template <class Rep, class Period>
  outcome<leadership> try_campaign_for(T value, const std::chrono::duration<Rep, Period>& d,
                                       site where = site::current()) {
    return run(std::move(value), detail::limit::within<any_runtime>(d), where);
  }

  // Who leads now. Throws error{mismatch} if values are of another type.
  [[nodiscard]] std::optional<leader> current() const {
    const roster_view v = entrance_->roster().view();
    if (v.members.empty() || !v.members.front().admitted) return std::nullopt;
    return leader_of(v.members.front(), *entrance_);
  }
  [[nodiscard]] observer observe() const { return observer{entrance_}; }

 private:
  static leader leader_of(const roster_view::member& m, const entrance& of) {
    return {m.number, m.who, unboxed<T>(m.value, of.name())};
  }
  outcome<leadership> run(T value, const detail::limit& lim, const site& where) {
    auto in = entrance_->enter(terms{}, boxed(std::move(value)), lim, "campaign", where);
    if (!in) return {in.status(), in.text()};
    return outcome<leadership>{std::in_place, entrance_, *in};
  }

  std::shared_ptr<const entrance> entrance_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
