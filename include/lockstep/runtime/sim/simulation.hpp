// simulation.hpp: tasks on one thread, in an order that a seed decides, in a time of their own.
//
// One task runs at a time. Before each visible operation, and where a task blocks, the next one is
// drawn from those that can run, or from the first 24 to 48 of them; a task switches to it directly. When
// none can, the clock jumps to the earliest deadline, and all that are due then can run. The same
// program with the same seed does the same, step by step: nothing is decided by addresses, threads or
// real time.
//
// Not thread-safe: everything happens on the thread that made the simulation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include "../../clock.hpp"
#include "../../contract.hpp"
#include "../../detail/config.hpp"
#include "../../detail/object_store.hpp"
#include "../../detail/splitmix.hpp"
#include "../any.hpp"
#include "../observer.hpp"
#include "../short_lock.hpp"
#include "../stack/switch.hpp"
#include "../task.hpp"
#include "../task_list.hpp"
#include "sim_clock.hpp"
#include "sim_log.hpp"
#include "sim_observer.hpp"
#include "sim_options.hpp"
#include "sim_ready.hpp"
#include "sim_schedule.hpp"
#include "sim_stacks.hpp"
#include "sim_task.hpp"
#include "sim_time.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The word of a simulated task's parker: nothing, a permit, or the task that waits.
enum : std::uintptr_t { sim_idle = 0, sim_permit = 1 };

// The simulation that this thread runs.
class simulation;
LOCKSTEP_TLS simulation* thread_simulation = nullptr;

class simulation : flow_thread, public sim_time {
 public:
  // Tasks have `ops` as their runtime. One at a time on a thread.
  simulation(const sim::options& o, const runtime_ops& ops)
      : options_{o},
        ops_{ops},
        log_{o.record, o.compare},
        random_{mixed(o.seed)},
        stacks_{o.stack_bytes} {
    expects(thread_simulation == nullptr, "a simulation inside a simulation", this, site{});
    thread_simulation = this;
  }
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;
  // Tasks that have not ended are given up: whatever they wait in throws, so that they unwind.
  ~simulation() {
    give_up();
    if (!alive_.empty()) {
      be_forgotten();
      stacks_.abandon();
      records_.abandon();
    }
    thread_simulation = nullptr;
  }

  // Starts a task, which can run from now on. It has the clock of the task that starts it; else the one
  // that is given, or true time. Throws error{unavailable} or std::bad_alloc; the closure is deleted
  // then.
  void start(task_closure* code, std::size_t stack_bytes, const sim_clock* clock = nullptr) {
    sim_task* t = nullptr;
    LOCKSTEP_TRY {
      t = records_.make();
      t->code = code;
      code->info.world.store(this, std::memory_order_relaxed);
      t->home = this;
      t->slab = &stacks_.at_least(stack_bytes);
      t->number = started_ + 1;
      t->clock = current_ != nullptr ? current_->clock : clock;
      schedule_.ready().reserve(alive_.size() + 1);
      if (!alive_.put(*t)) raise(status::unavailable, "there is no memory for one more task");
      ++started_;
      schedule_.add(*t);
      moved();
    }
    LOCKSTEP_CATCH_ALL {
      if (t != nullptr) records_.destroy(t);
      delete code;
      LOCKSTEP_RETHROW;
    }
    if (options_.observer != nullptr) options_.observer->started(*t);
  }

  // Runs the tasks until none can go on, or that makes no sense any more. May be called again.
  sim::verdict run() {
    const runtime_attachment attached{ops_};
    adopt_thread(*this, thread_);
    rest_ = sim::verdict::passed;
    time_is_over_.store(false, std::memory_order_relaxed);
    resting_ = false;
    idle_steps_ = 0;
    while (sim_task* const t = choose()) switch_to(t);
    if (!resting_ && !given_up_ && !log_.rest()) come_to_rest(sim::verdict::diverged);
    return resting_ || alive_.empty() ? rest_ : sim::verdict::stuck;
  }
  // Has the current run come to rest at its next step.
  void come_to_rest(sim::verdict why) noexcept {
    if (given_up_) return;
    rest_ = why;
    resting_ = true;
  }
  // The same, because it has taken too much real time. Any thread.
  void end_time() noexcept { time_is_over_.store(true, std::memory_order_relaxed); }
  // Asks the current run to come to rest before the clock moves again.
  void stop_clock() noexcept { clock_stopped_ = true; }

  // The task that runs; null on the thread's own stack.
  [[nodiscard]] sim_task* current() const noexcept { return current_; }
  // By the clock of the task that runs; by true time, if none does.
  [[nodiscard]] time_point now() const noexcept { return now_by(clock()); }
  [[nodiscard]] duration date() const noexcept { return date_by(clock()); }
  // Contract: inside a task.
  void set_clock(sim::clock_error e) {
    expects(current_ != nullptr, "a clock is set outside of a simulated task", this, site{});
    current_->clock = add_clock(std::move(e), current_->clock);
  }
  std::uint64_t random() noexcept {
    const std::uint64_t drawn = random_();
    log_.note(drawn);
    return drawn;
  }
  [[nodiscard]] std::uint64_t seed() const noexcept { return options_.seed; }
  // Any thread. Acquire: who reads either sees what the task that runs was about to do then.
  [[nodiscard]] std::uint64_t steps() const noexcept { return log_.steps(); }
  [[nodiscard]] std::uint64_t switches() const noexcept {
    return switches_.load(std::memory_order_acquire);
  }
  // Moves with all that happens; one operation may wake many. Any thread.
  [[nodiscard]] std::uint64_t moves() const noexcept {
    return steps() + switches() + moves_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t started() const noexcept { return started_; }
  [[nodiscard]] std::uint64_t alive() const noexcept { return alive_.size(); }
  // The object's, in the order in which they were first used.
  [[nodiscard]] std::uint64_t number_of(const void* object) {
    return log_.objects().number(object);
  }
  // The object is no more; its address may come back as another's.
  void forget(const void* object) noexcept { log_.objects().forget(object); }
  // Of everything that was decided: equal for equal runs.
  [[nodiscard]] std::uint64_t digest() const noexcept { return log_.digest(); }
  // Whether some wait for a time to come.
  [[nodiscard]] bool has_timers() const noexcept { return !schedule_.timers().empty(); }
  // While it is locked, no task ends: for another thread that looks at one.
  [[nodiscard]] short_lock& ends() const noexcept { return ends_; }
  // Tasks that have not ended.
  [[nodiscard]] const sim_task_bag& tasks() const noexcept { return alive_; }

  // Before a visible operation of the current task: maybe others run first.
  void point(const visible_op& op) {
    if (current_ == nullptr || unwinding()) [[unlikely]]
      return;
    settle();
    announce(*current_, op);
    step(op);
    pass_on(random_.below(schedule_.ready().choices() + 1), sim_ready::next_turn::soon);
  }

  // Lets others run, if any can.
  void yield() {
    if (current_ == nullptr) return;
    interrupt();
    settle();
    step(visible_op{});
    pass_on(random_.below(schedule_.ready().choices()), sim_ready::next_turn::last);
  }

  // Waits for the permit and takes it: true. False: the deadline came first.
  bool take(std::atomic<std::uintptr_t>& word, time_point deadline) {
    if (word.load(std::memory_order_relaxed) != sim_permit) {
      expects(current_ != nullptr, "a simulated wait outside of a simulated task", nullptr, site{});
      interrupt();
      block(word, deadline);
      const bool permitted = word.load(std::memory_order_relaxed) == sim_permit;
      if (!permitted) word.store(sim_idle, std::memory_order_relaxed);
      interrupt();
      if (!permitted) return false;
    }
    word.store(sim_idle, std::memory_order_relaxed);
    return true;
  }

  // There is a permit for t, which waits, or for which its deadline came before.
  void wake(sim_task& t) noexcept {
    if (schedule_.wake(t)) settle();
  }

  // Ends the tasks that have not ended, as far as they let themselves be ended.
  void give_up() {
    given_up_ = true;
    settle();
    alive_.for_each([this](sim_task& t) {
      if (t.code != nullptr) t.code->info.given_up = true;
      if (t.waits_for == nullptr || t.shields > 0) return;
      schedule_.add(t);
      moved();
    });
    run();
  }

 private:
  static constexpr unsigned most_refusals = 10'000;

  // Word by word, as the operation was written just now: reads of more at once wait for the writes.
  static void announce(sim_task& t, const visible_op& op) noexcept {
    const auto word = [](auto w) {
      asm("" : "+r"(w));
      return w;
    };
    visible_op& to = t.next_op;
    to.verb = word(op.verb);
    to.kind = word(op.kind);
    to.object = word(op.object);
    to.where.file = word(op.where.file);
    to.where.function = word(op.where.function);
    to.where.line = word(op.where.line);
    to.describe = word(op.describe);
  }

  [[nodiscard]] const sim_clock* clock() const noexcept {
    return current_ != nullptr ? current_->clock : nullptr;
  }

  void step(const visible_op& op) {
    if (!log_.step(current_->number, op)) [[unlikely]]
      come_to_rest(sim::verdict::diverged);
    if (options_.observer != nullptr) options_.observer->comes_to(*current_, op);
    // Some time after everybody who could run has had several turns.
    const std::uint64_t most_idle =
        options_.most_idle_steps + 4 * sim_ready::turns_near * alive_.size();
    if (++idle_steps_ > most_idle) [[unlikely]]
      come_to_rest(sim::verdict::spinning);
    if (steps() >= options_.most_steps) [[unlikely]]
      come_to_rest(sim::verdict::steps);
    if (time_is_over_.load(std::memory_order_relaxed)) [[unlikely]]
      come_to_rest(sim::verdict::time);
  }

  // Tasks that are left must not be asked for the time of this world any more.
  void be_forgotten() noexcept {
    const auto leave = [this](task_info& t) {
      if (t.world.load(std::memory_order_relaxed) == this) {
        t.world.store(nullptr, std::memory_order_relaxed);
      }
    };
    alive_.for_each([&](const sim_task& t) {
      if (t.code != nullptr) leave(t.code->info);
    });
    known_tasks.for_each(leave);
    observed_waits.for_each([](const blocked_record&) {});  // who read it did so under these locks
  }

  // Something has happened: the run is not idle.
  void moved() noexcept {
    idle_steps_ = 0;
    moves_.store(moves_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  // What is to be done with a task that can run since `by` woke it, or a deadline.
  auto noted(const sim_task* by) noexcept {
    return [this, by](sim_task& t) {
      moved();
      if (options_.observer != nullptr) options_.observer->woken(t, by);
    };
  }
  // Those who were woken since this was done last can run from now on.
  void settle() noexcept {
    if (!schedule_.is_settled()) [[unlikely]]
      schedule_.settle(noted(current_));
  }

  // The next task, taken out of those that can run; moves the clock if there is none. Null: nothing
  // is to run any more.
  sim_task* choose() {
    settle();
    sim_ready& ready = schedule_.ready();
    if (resting_ || (ready.empty() && !advance())) return nullptr;
    return equipped(ready.take(random_.below(ready.choices())));
  }
  bool advance() {
    if (!has_timers() || clock_stopped_) return false;
    move_to(schedule_.timers().earliest());
    log_.note(static_cast<std::uint64_t>(true_now().time_since_epoch().count()));
    schedule_.wake_due(true_now(), noted(nullptr));
    return true;
  }
  // A task gets its stack when it first runs. Null: there is no memory for one.
  sim_task* equipped(sim_task& t) { return t.left.at != nullptr ? &t : equip(t); }
  LOCKSTEP_COLD sim_task* equip(sim_task& t) {
    LOCKSTEP_TRY {
      t.on = stacks_.take(*t.slab, &simulation::begin_stack);
      t.left = t.on->stack;
      return &t;
    }
    LOCKSTEP_CATCH_ALL {
      schedule_.ready().put(t);
      come_to_rest(sim::verdict::no_memory);
    }
    return nullptr;
  }

  // Gives the current task's turn to the i-th that can run; to itself, if there is no i-th.
  void pass_on(std::uint32_t i, sim_ready::next_turn own) {
    sim_ready& ready = schedule_.ready();
    if (resting_) [[unlikely]] {
      ready.put(*current_);
      switch_to(nullptr);
    } else if (i < ready.choices()) {
      switch_to(equipped(ready.exchange(i, *current_, own)));
    }
  }
  void block(std::atomic<std::uintptr_t>& word, time_point deadline) {
    sim_task& self = *current_;
    schedule_.wait_until(self, truth_of(deadline, self.clock));
    idle_steps_ = 0;
    self.waits_for = &word;
    word.store(reinterpret_cast<std::uintptr_t>(&self), std::memory_order_relaxed);
    if (options_.observer != nullptr) options_.observer->blocks(self);
    switch_to(choose());
  }

  // Null: to the thread's own stack.
  void switch_to(sim_task* next) noexcept {
    if (next == current_) {  // only time had to pass
      if (options_.observer != nullptr) options_.observer->runs(*next);
      return;
    }
    departure d{current_ != nullptr ? &current_->left : &thread_, this};
    leave_for(next, d);
  }
  flow_thread& leave_for(sim_task* next, departure& d) noexcept {
    if (current_ != nullptr && current_->slab->has_overflowed(current_->on->top)) [[unlikely]] {
      violated("a simulated task has overflowed its stack", current_, site{});
    }
    current_ = next;
    switches_.store(switches() + 1, std::memory_order_release);
    if (next != nullptr && options_.observer != nullptr) options_.observer->runs(*next);
    return depart(d, next != nullptr ? next->left : thread_);
  }

  // The life of a stack: one task after the other.
  static void begin_stack(boost::context::detail::transfer_t t) noexcept {
    struct ending : departure {
      sim_task* task;
    };
    flow unborn;
    flow_thread* on = &arrive(t, unborn);
    begin(*on);
    for (;;) {
      auto& home = static_cast<simulation&>(*on);
      sim_task& self = *home.current_;
      if (!home.given_up_) self.code->run();
      task_closure* code = nullptr;
      {
        const lock_scope hold{home.ends_};
        code = std::exchange(self.code, nullptr);
      }
      delete code;
      ending d{{&self.on->stack, &home,
                [](departure& left) noexcept {
                  static_cast<simulation*>(left.on)->end(*static_cast<ending&>(left).task);
                },
                true},
               &self};
      on = &home.leave_for(home.choose(), d);
    }
  }
  // The task has ended, and nobody is on its stack.
  void end(sim_task& t) noexcept {
    stacks_.give(t.on);
    if (options_.observer != nullptr) options_.observer->ended(t);
    alive_.take(t);
    idle_steps_ = 0;
    const lock_scope hold{ends_};
    records_.destroy(&t);
  }

  // Whether the current task is being ended. One that does not get to its end is left alone.
  bool unwinding() {
    if (!given_up_) [[likely]]
      return false;
    while (++current_->refusals > most_refusals) switch_to(choose());
    return true;
  }
  // Ends what a task does that was given up, unless it shields that, or does it while it unwinds.
  void interrupt() {
    if (!unwinding() || current_->shields > 0 || std::uncaught_exceptions() > 0) return;
#if LOCKSTEP_EXCEPTIONS
    throw task_given_up{};
#else
    for (;;) switch_to(choose());
#endif
  }

  const sim::options options_;
  const runtime_ops& ops_;
  sim_log log_;
  splitmix random_;
  sim_stacks stacks_;
  flow thread_;
  sim_task* current_ = nullptr;
  sim_schedule schedule_{*this};
  object_store<sim_task> records_;
  sim_task_bag alive_;
  std::uint64_t started_ = 0;
  std::uint64_t idle_steps_ = 0;
  std::atomic<std::uint64_t> switches_{0};
  std::atomic<std::uint64_t> moves_{0};  // tasks that became able to run
  sim::verdict rest_ = sim::verdict::passed;
  std::atomic<bool> time_is_over_{false};
  mutable short_lock ends_;
  bool clock_stopped_ = false;
  bool resting_ = false;
  bool given_up_ = false;
};

// Waits for the permit and takes it: true. False: the deadline came first.
inline bool sim_take(std::atomic<std::uintptr_t>& word, time_point deadline) {
  simulation* const s = thread_simulation;
  expects(s != nullptr, "a simulated wait outside of a simulation", nullptr, site{});
  return s->take(word, deadline);
}

// Makes the permit available.
inline void sim_post(std::atomic<std::uintptr_t>& word) noexcept {
  const std::uintptr_t state = word.exchange(sim_permit, std::memory_order_relaxed);
  if (state <= sim_permit) return;
  simulation* const s = thread_simulation;
  expects(s != nullptr, "a simulated task is woken from outside of its simulation", nullptr,
          site{});
  s->wake(*reinterpret_cast<sim_task*>(state));
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
