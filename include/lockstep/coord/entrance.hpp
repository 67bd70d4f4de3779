// entrance.hpp: how a ticket for a named lock or semaphore is got, and given up: written once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "../detail/blocking.hpp"
#include "../detail/config.hpp"
#include "../detail/duration_text.hpp"
#include "../error.hpp"
#include "../outcome.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "announce.hpp"
#include "await.hpp"
#include "backend.hpp"
#include "backend_case.hpp"
#include "roster.hpp"
#include "scope.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// Shared by a handle and its guards.
class entrance {
 public:
  // Throws error{unsupported} for a bad name.
  entrance(std::shared_ptr<scope> s, const char* kind, const std::string& name,
           const roster_rule& rule)
      : scope_{std::move(s)},
        name_{std::string{kind} + " '" + name + "'"},
        roster_{&scope_->backend->roster_named(scope_->key(kind, name), rule)} {}

  // "mutex 'm'"
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] coord::roster& roster() const noexcept { return *roster_; }
  [[nodiscard]] coord::session& session() const { return scope_->session.of(*scope_->backend); }

  // Queues, with a value for others to see, and waits until it is let in. Otherwise nothing stays behind:
  // timeout, cancelled, would_block, broken, session_lost. (Who is in when its time has run out, is in.)
  outcome<ticket> enter(const terms& t, payload value, const detail::limit& lim, const char* verb,
                        const site& where) const {
    announce(verb, where);
    if (const status s = lim.before(); s != status::ok) return failure(s);
    coord::session& own = session();
    const auto in = roster_->join(own, scope_->self, t, std::move(value), lim.poll);
    if (!in) return failure(in.status());
    withdrawal undo{*roster_, *in};
    if (!in->admitted) {
      status s = wait(own, in->ticket, lim, verb, where);
      const bool late = s == status::timeout || s == status::cancelled;
      if (late) {
        announce("withdraw", where);
        if (!roster_->withdraw(in->ticket)) s = status::ok;
      }
      // What is not its own any more is not handed out.
      if (s == status::ok && own.is_over()) s = status::session_lost;
      if (s != status::ok) return failure(s);
    }
    undo.due = false;
    return outcome<ticket>{std::in_place, in->ticket};
  }
  // Waits for what never comes.
  outcome<ticket> enter_never(const detail::limit& lim, const char* verb, const site& where) const {
    announce(verb, where);
    return failure(wait(session(), {}, lim, verb, where));
  }
  void leave(ticket t) const noexcept { roster_->leave(t); }
  // Waits until all of the round have left.
  status wait_for_end(std::uint64_t round, const detail::limit& lim, const char* verb,
                      const site& where) const {
    const detail::visible_op what{verb, "", this, where, &describe_waitable<entrance>};
    const status s = await(
        lim, lost(), session().lost(), what,
        [&](detail::alarm& a) { return roster_->arm_end(round, a); },
        [&](detail::alarm& a) { roster_->disarm_end(a); });
    return s == status::ok && session().is_over() ? status::session_lost : s;
  }

  // Waits until is_news(view) is true.
  template <class News>
  status wait_for_change(News is_news, const detail::limit& lim, const char* verb,
                         const site& where) const {
    const detail::visible_op what{verb, "", this, where, &describe_waitable<entrance>};
    return await(
        lim, lost(), {}, what,
        [&](detail::alarm& a) {
          for (;;) {
            const roster_view v = roster_->view();
            if (is_news(v)) return true;
            if (!roster_->arm_change(v.revision, a)) return false;
          }
        },
        [&](detail::alarm& a) { roster_->disarm_change(a); });
  }
  // Of all sessions.
  [[nodiscard]] context lost() const { return scope_->backend->lost(); }

  // "mutex 'm': held by instance 3, 2 wait"
  void describe(char* text, std::size_t size) const {
    std::snprintf(text, size, "%s: %s", name_.c_str(), state().c_str());
  }

 private:
  // Takes a ticket back, also when a wait throws.
  struct withdrawal {
    coord::roster& from;
    const coord::roster::joined& what;
    bool due = true;
    ~withdrawal() {
      if (due) from.leave(what.ticket);
    }
  };

  status wait(coord::session& own, ticket t, const detail::limit& lim, const char* verb,
              const site& where) const {
    const detail::visible_op what{verb, "", this, where, &describe_waitable<entrance>};
    const status s = await(
        lim, lost(), own.lost(), what, [&](detail::alarm& a) { return roster_->arm(t, a); },
        [&](detail::alarm& a) { roster_->disarm(t, a); });
    if (s != status::ok) return s;
    const auto got = roster_->standing_of(t);
    if (!got) return status::session_lost;
    return got->is == standing::where::broken ? status::broken : status::ok;
  }
  // (Polls are to be cheap.)
  [[nodiscard]] outcome<ticket> failure(status s) const {
    if (s == status::would_block) return s;
    return {s, name_ + ": " +
                   (s == status::session_lost ? "the session has ended"
                    : s == status::broken     ? "one who waited gave up"
                                              : state())};
  }
  [[nodiscard]] std::string state() const {
    const roster_summary now = roster_->summary();
    std::string text = now.in == 0 ? "free" : "held by ";
    for (std::size_t i = 0; i < now.in && i < roster_summary::most_named; ++i) {
      if (i > 0) text += ", ";
      text += now.first[i] == nobody ? "a client" : "instance " + std::to_string(now.first[i]);
    }
    if (now.in > roster_summary::most_named) {
      text += " and " + std::to_string(now.in - roster_summary::most_named) + " more";
    }
    return now.waiting == 0 ? text : text + ", " + std::to_string(now.waiting) + " wait";
  }

  std::shared_ptr<coord::scope> scope_;
  std::string name_;
  coord::roster* roster_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
