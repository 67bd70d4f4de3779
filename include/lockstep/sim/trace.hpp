// trace.hpp: what the tasks of a simulation did, as stretches of time, to be drawn.
//
// What a simulated task does takes no time, so that all of it would be drawn at one point. The axis of
// a trace is therefore simulated time in which every event takes at least a nanosecond; each stretch
// knows its true times beside.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../detail/config.hpp"
#include "../detail/place_text.hpp"
#include "../runtime/sim/sim_observer.hpp"
#include "../runtime/sim/sim_task.hpp"
#include "../runtime/sim/simulation.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

// Records a simulation while it runs, up to a number of stretches; then it only counts.
class trace final : public lockstep::detail::sim_observer {
 public:
  // A task did one thing, or waited in it.
  struct stretch {
    std::uint64_t task;
    bool blocked;
    std::int64_t from;  // on the axis, in nanoseconds
    std::int64_t to;
    std::int64_t time;  // simulated, when it began
    std::string what;   // "recv channel #1"
    std::string where;  // "file:12 in function"
  };
  // One task woke, or started, another.
  struct arrow {
    std::uint64_t from;
    std::uint64_t to;
    std::int64_t at;
  };

  explicit trace(std::size_t most = 200'000) : most_{most} {}

  // Names of the tasks, by number.
  [[nodiscard]] const std::map<std::uint64_t, std::string>& names() const noexcept {
    return names_;
  }
  [[nodiscard]] const std::vector<stretch>& stretches() const noexcept { return stretches_; }
  [[nodiscard]] const std::vector<arrow>& arrows() const noexcept { return arrows_; }
  // Stretches that there was no room for.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  // Where the axis ends.
  [[nodiscard]] std::int64_t end() const noexcept { return axis_ + 1; }

  // Ends the stretches that last to the end.
  void finish() {
    tick();
    for (auto& [task, s] : open_) keep(std::move(s));
    open_.clear();
  }

  void started(const lockstep::detail::sim_task& t) noexcept override {
    const auto* const by = t.home->current();
    names_[t.number] = name(t);
    if (by != nullptr) point_arrow(by->number, t.number);
    open(t, true, "ready", site{});
  }
  void runs(const lockstep::detail::sim_task& t) noexcept override {
    tick(t);
    if (const auto before = open_.find(running_);
        before != open_.end() && !before->second.blocked) {
      replace(before->second.task, true, "ready", before->second.where);  // it had to give way
    }
    running_ = t.number;
    open(t, false, text(t, t.next_op), t.next_op.where);
  }
  void comes_to(const lockstep::detail::sim_task& t,
                const lockstep::detail::visible_op& op) noexcept override {
    tick(t);
    open(t, false, text(t, op), op.where);
  }
  void blocks(const lockstep::detail::sim_task& t) noexcept override {
    tick(t);
    open(t, true, text(t, t.next_op), t.next_op.where);
  }
  void woken(const lockstep::detail::sim_task& t,
             const lockstep::detail::sim_task* by) noexcept override {
    tick(t);
    if (by != nullptr) point_arrow(by->number, t.number);
    open(t, true, "ready", t.next_op.where);
  }
  void ended(const lockstep::detail::sim_task& t) noexcept override {
    tick(t);
    close(t.number);
  }

 private:
  static std::string name(const lockstep::detail::sim_task& t) {
    const char* const given = t.code->info.name;
    return *given != 0 ? given : "task " + std::to_string(t.number);
  }
  static std::string text(const lockstep::detail::sim_task& t,
                          const lockstep::detail::visible_op& op) {
    if (*op.verb == 0) return "runs";
    if (*op.kind == 0) return op.verb;
    return std::string{op.verb} + " " + op.kind + " #" +
           std::to_string(t.home->number_of(op.object));
  }

  void tick() { ++axis_; }
  void tick(const lockstep::detail::sim_task& t) {
    time_ = t.home->elapsed().count();
    axis_ = std::max(axis_ + 1, time_);
  }
  void open(const lockstep::detail::sim_task& t, bool blocked, std::string what, site where) {
    replace(t.number, blocked, std::move(what),
            where.line != 0 ? lockstep::detail::call_place{where, {}}.text() : "");
  }
  void replace(std::uint64_t task, bool blocked, std::string what, std::string where) {
    close(task);
    open_[task] = {task, blocked, axis_, 0, time_, std::move(what), std::move(where)};
  }
  void close(std::uint64_t task) {
    const auto at = open_.find(task);
    if (at == open_.end()) return;
    keep(std::move(at->second));
    open_.erase(at);
  }
  void keep(stretch&& s) {
    s.to = axis_;
    if (s.to == s.from) return;
    if (stretches_.size() < most_) {
      stretches_.push_back(std::move(s));
    } else {
      ++dropped_;
    }
  }
  void point_arrow(std::uint64_t from, std::uint64_t to) {
    if (stretches_.size() < most_) arrows_.push_back({from, to, axis_});
  }

  std::size_t most_;
  std::int64_t axis_ = 0;
  std::int64_t time_ = 0;
  std::uint64_t running_ = 0;  // 0: none yet
  std::uint64_t dropped_ = 0;
  std::map<std::uint64_t, std::string> names_;
  std::map<std::uint64_t, stretch> open_;
  std::vector<stretch> stretches_;
  std::vector<arrow> arrows_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::sim
