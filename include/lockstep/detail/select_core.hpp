// select_core.hpp: the algorithm of select, for any number of cases of any kind.
//
// Two phases, as in Go's runtime/select.go. First all objects are locked, each once and in address
// order, and the cases are polled in random order: the first that can proceed does. If none can,
// one node for each case is registered, all sharing one fired token, the locks are dropped and the
// task blocks; whoever wins the token carries out its case. Then the other nodes are unlinked.
#pragma once

#include <cstddef>
#include <cstdio>
#include <new>

#include "../clock.hpp"
#include "../contract.hpp"
#include "../runtime/any.hpp"
#include "../site.hpp"
#include "../status.hpp"
#include "alarm.hpp"
#include "blocking.hpp"
#include "config.hpp"
#include "wait_node.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

// Which case of a select took effect, and how: ok, closed (a receive), timeout, would_block (the
// default), cancelled.
struct selected {
  std::size_t index;
  lockstep::status status;
};

namespace detail {

enum class case_kind : unsigned char { object, never, timeout, armed, otherwise };

// Its address stands for a runtime.
template <class R>
inline constexpr char runtime_tag = 0;

// One case of a select. Belongs to the select that it is an argument of.
class select_case {
 public:
  select_case(case_kind k, site w) noexcept : kind{k}, called_at{w} {}
  select_case(const select_case&) = default;
  select_case(select_case&&) = default;
  virtual ~select_case() = default;

  // Calls the handler, once the case was chosen with this outcome.
  virtual void run(status how) = 0;

  case_kind kind;
  site called_at;
  bool alone = false;             // chosen from no others
  const void* runtime = nullptr;  // tag of the one on which it waits; null: any will do
  time_point deadline = never;    // of a timeout, of a context, and of a timer at its last poll
};

// A case that rings an alarm: something that has a lock of its own and knows no runtime.
class armed_case : public select_case {
 public:
  explicit armed_case(site w) noexcept : select_case{case_kind::armed, w} {}

  // How it ended, or would_block.
  virtual status poll() = 0;
  // Registers the alarm; false if there is nothing to wait for any more.
  virtual bool arm(alarm& a) = 0;
  virtual void disarm(alarm& a) = 0;
  virtual void describe(char* text, std::size_t size) const noexcept = 0;
};

// A case that waits for an object of runtime R. All but prepare are called under the lock.
template <class R>
class object_case : public select_case {
 public:
  using runtime_type = R;
  using lock_type = typename R::short_lock;

  // Null: there is no object, and the case is never ready.
  object_case(lock_type* l, site w) noexcept
      : select_case{l != nullptr ? case_kind::object : case_kind::never, w}, lock{l} {
    runtime = &runtime_tag<R>;
  }

  // True: the operation never has to wait, so that if poll() fails it is to be tried again.
  virtual bool prepare() { return false; }
  // Carries the operation out and returns how it ended, or returns would_block.
  virtual status poll(wait_node<R>*& woken) = 0;
  virtual void enqueue(wait_node<R>& n) noexcept = 0;
  virtual void dequeue(wait_node<R>& n, wake_list<R>& woken) noexcept = 0;
  virtual void* slot() noexcept { return nullptr; }
  // After the case was claimed with this outcome, or its deadline passed. False: it came to
  // nothing, look again.
  virtual bool settle(status&) noexcept { return true; }
  [[nodiscard]] virtual visible_op operation() const noexcept = 0;

  lock_type* lock;
};

// An array whose size is known at run time: on the stack up to 8 elements, else on the heap.
template <class T>
class scratch {
 public:
  explicit scratch(std::size_t n)
      : items_{n <= inline_items ? reinterpret_cast<T*>(inline_)
                                 : static_cast<T*>(::operator new(n * sizeof(T)))} {}
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    if (static_cast<void*>(items_) != inline_) ::operator delete(items_);
  }
  T& operator[](std::size_t i) const noexcept { return items_[i]; }

 private:
  static constexpr std::size_t inline_items = 8;
  T* items_;
  alignas(T) unsigned char inline_[inline_items * sizeof(T)];  // NOLINT(bugprone-sizeof-expression)
};

template <class R>
class select_core {
 public:
  // Cases stay the caller's. in_order: prefer earlier cases instead of choosing uniformly.
  select_core(select_case** cases, std::size_t n, bool in_order)
      : cases_{cases}, size_{n}, order_{n}, locks_{n}, nodes_{n}, alarms_{n} {
    for (std::size_t i = 0; i < n; ++i) {
      order_[i] = i;
      if (!in_order && i > 0) swap(order_[i], order_[R::random() % (i + 1)]);
      expects(cases[i]->runtime == nullptr || cases[i]->runtime == &runtime_tag<R>,
              "the cases of one select belong to several runtimes", cases[i], cases[i]->called_at);
      if (cases[i]->kind == case_kind::object) insert_lock(*as_object(i).lock);
    }
  }

  selected run() {
    checkpoint<R>([&] { return operation(); });
    for (;;) {
      prepare();
      wait_node<R>* woken = nullptr;
      lock_all();
      selected s = poll(woken);
      if (s.index == none && never_waits_) {
        unlock_all();
        continue;
      }
      if (s.index == none && default_ != none) s = {default_, status::would_block};
      if (s.index != none) {
        unlock_all();
        if (woken != nullptr) woken->op->wake();
        return s;
      }
      if (block(s)) return s;
    }
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  using lock_type = typename R::short_lock;

  template <class T>
  static void swap(T& a, T& b) noexcept {
    const T old = a;
    a = b;
    b = old;
  }
  object_case<R>& as_object(std::size_t i) const noexcept {
    return static_cast<object_case<R>&>(*cases_[i]);
  }

  armed_case& as_armed(std::size_t i) const noexcept {
    return static_cast<armed_case&>(*cases_[i]);
  }

  // Keeps the locks sorted by address and each only once.  // SEL-7, SEL-8
  void insert_lock(lock_type& l) noexcept {
    std::size_t at = 0;
    while (at < lock_count_ && locks_[at] < &l) ++at;
    if (at < lock_count_ && locks_[at] == &l) return;
    for (std::size_t i = lock_count_++; i > at; --i) locks_[i] = locks_[i - 1];
    locks_[at] = &l;
  }
  void lock_all() noexcept {
    for (std::size_t i = 0; i < lock_count_; ++i) locks_[i]->lock();
  }
  void unlock_all() noexcept {
    for (std::size_t i = lock_count_; i-- > 0;) locks_[i]->unlock();
  }

  // Finds the default; lets objects allocate while nothing is locked.
  void prepare() {
    never_waits_ = false;
    for (std::size_t k = 0; k < size_; ++k) {
      const std::size_t i = order_[k];
      select_case& c = *cases_[i];
      if (c.kind == case_kind::object && as_object(i).prepare()) never_waits_ = true;
      if (c.kind == case_kind::otherwise) default_ = i;
    }
  }

  selected poll(wait_node<R>*& woken) {
    for (std::size_t k = 0; k < size_; ++k) {
      const std::size_t i = order_[k];
      status s = status::would_block;
      switch (cases_[i]->kind) {
        case case_kind::object: s = as_object(i).poll(woken); break;
        case case_kind::timeout:
          if (R::now() >= cases_[i]->deadline) s = status::timeout;
          break;
        case case_kind::armed: s = as_armed(i).poll(); break;
        case case_kind::never:
        case case_kind::otherwise: break;
      }
      if (s != status::would_block) return {i, s};
    }
    return {none, status::would_block};
  }

  // With all locks held, for those of timers: the earliest deadline, and the case polled first
  // of those that have it.  // SEL-12
  void find_deadline() noexcept {
    earliest_ = never;
    for (std::size_t k = 0; k < size_; ++k) {
      const std::size_t i = order_[k];
      if (cases_[i]->deadline >= earliest_) continue;
      earliest_ = cases_[i]->deadline;
      earliest_case_ = i;
    }
  }

  // With all locks held: registers every case and waits. False: look again.
  bool block(selected& s) {
    waiter<R> op;
    observation<R> seen;
    find_deadline();
    register_objects(op);
    bool armed = false;
    LOCKSTEP_TRY { armed = arm_alarms(op); }
    LOCKSTEP_CATCH_ALL {
      withdraw(op);
      LOCKSTEP_RETHROW;
    }
    if (!armed) {  // something has become ready since the poll
      withdraw(op);
      return false;
    }
    seen.begin(op, operation(), earliest_ == never);
    unlock_all();
    seen.locate();
    const auto finish = [&] {
      seen.finish();
      disarm_alarms();
    };
    const int fired = op.wait(earliest_, [&] {
      finish();
      unregister_objects(nullptr);
    });
    finish();
    s = {fired >= 0 ? static_cast<std::size_t>(fired) : earliest_case_, status::timeout};
    if (cases_[s.index]->kind == case_kind::object) s.status = nodes_[s.index].result;
    if (cases_[s.index]->kind == case_kind::armed) s.status = as_armed(s.index).poll();
    const bool idle = s.status == status::would_block;  // an alarm is a hint
    return unregister_objects(idle ? nullptr : &s) && !idle;
  }

  // With all locks held: ends a wait that has not begun.
  void withdraw(waiter<R>& op) {
    // Unless an alarm claimed already, and its wake is on the way, nobody else can: all is locked.
    const bool own = op.claim(fired_cancelled);
    unlock_all();
    if (!own) op.wait_firmly();
    disarm_alarms();
    unregister_objects(nullptr);
  }

  // In the order of polling: of several cases that wait for one object, any may be the first in its
  // queue.  // SEL-2
  void register_objects(waiter<R>& op) noexcept {
    for (std::size_t k = 0; k < size_; ++k) {
      const std::size_t i = order_[k];
      if (cases_[i]->kind != case_kind::object) continue;
      ::new (&nodes_[i]) wait_node<R>{op, as_object(i).slot(), static_cast<int>(i)};
      as_object(i).enqueue(nodes_[i]);
    }
  }
  // After this no registration is left anywhere (SEL-10). False if what was chosen came to nothing.
  bool unregister_objects(selected* chosen) {
    wake_list<R> woken;
    lock_all();
    for (std::size_t i = 0; i < size_; ++i) {
      if (cases_[i]->kind == case_kind::object) as_object(i).dequeue(nodes_[i], woken);
    }
    const bool settled = chosen == nullptr || cases_[chosen->index]->kind != case_kind::object ||
                         as_object(chosen->index).settle(chosen->status);
    unlock_all();
    woken.wake();
    return settled;
  }

  // False if one of them has nothing to wait for.
  bool arm_alarms(waiter<R>& op) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (cases_[i]->kind != case_kind::armed) continue;
      ::new (&alarms_[i]) waiter_alarm<R>{op, static_cast<int>(i)};
      armed_ = i + 1;
      if (!as_armed(i).arm(alarms_[i])) return false;
    }
    return true;
  }
  void disarm_alarms() {
    for (std::size_t i = 0; i < armed_; ++i) {
      if (cases_[i]->kind == case_kind::armed) as_armed(i).disarm(alarms_[i]);
    }
    armed_ = 0;
  }

  visible_op operation() const noexcept {
    return {"select", "", this, size_ > 0 ? cases_[0]->called_at : site{}, &describe};
  }
  // Lists the cases: "recv channel, timeout".
  static void describe(const void* object, char* text, std::size_t size) noexcept {
    static constexpr const char* names[] = {"", "nil", "timeout", "", "default"};
    const auto& self = *static_cast<const select_core*>(object);
    std::size_t used = 0;
    for (std::size_t i = 0; i < self.size_ && used < size; ++i) {
      const select_case& c = *self.cases_[i];
      char what[160];
      std::snprintf(what, sizeof what, "%s", names[static_cast<int>(c.kind)]);
      if (c.kind == case_kind::armed) self.as_armed(i).describe(what, sizeof what);
      if (c.kind == case_kind::object) {
        const visible_op op = self.as_object(i).operation();
        std::snprintf(what, sizeof what, "%s %s", op.verb, op.kind);
      }
      const int n = std::snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", what);
      used += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
  }

  select_case** cases_;
  std::size_t size_;
  std::size_t lock_count_ = 0;
  std::size_t default_ = none;
  std::size_t armed_ = 0;
  bool never_waits_ = false;
  time_point earliest_ = never;
  std::size_t earliest_case_ = none;
  scratch<std::size_t> order_;
  scratch<lock_type*> locks_;
  scratch<wait_node<R>> nodes_;
  scratch<waiter_alarm<R>> alarms_;
};

}  // namespace detail
}  // namespace lockstep::inline LOCKSTEP_ABI
