// once.hpp: something that is done once, however many tasks ask for it.
//
// once o;  o.call([] { open_log(); });             the first call runs the function, others wait
// once_value<config> c{load_config};  c().name;    the function's result, computed when first used
//
// A function that throws counts as done: once::call() passes the exception to the caller that ran
// it, a once_value throws it from every get() (ON-2). A function that calls its own once would wait
// for itself: that breaks a contract (ON-3).
//
// Ordering: what the function does is visible after every call() and get() (MM-5).
// Lifetime: may be destroyed as soon as no task waits; the call that ran the function need not have
// returned.
// Cost: once it is done, one load.
// Source: Go's sync.Once and sync.OnceValue.
#pragma once

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "contract.hpp"
#include "detail/blocking.hpp"
#include "detail/config.hpp"
#include "detail/countdown.hpp"
#include "fwd.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class R>
class basic_once : private detail::visible_object<basic_once<R>, R> {
 public:
  using runtime_type = R;

  constexpr basic_once() noexcept = default;
  basic_once(const basic_once&) = delete;
  basic_once& operator=(const basic_once&) = delete;
  // Contract: no task waits.
  ~basic_once() {
    detail::expects(!running_.has_waiters(), "a once is destroyed with waiters", this,
                    site::current());
  }

  // The first time, runs f(); else waits until that is over.  // ON-1
  template <class F>
    requires std::is_invocable_v<F>
  void call(F&& f, site where = site::current()) {
    this->announce("call", where);
    if (!running_.is_zero()) [[unlikely]]
      call_slow(std::forward<F>(f), where.copy());
  }

 private:
  friend class detail::visible_object<basic_once, R>;

  template <class F>
  void call_slow(F&& f, site where);

  detail::visible_op operation(const char* verb, site where) const noexcept {
    return {verb, "once", this, where, nullptr};
  }

  detail::countdown<R> running_{1};                           // 0: done
  typename R::template atomic<const void*> runner_{nullptr};  // the task of the first call
};

// The value of a function that runs when it is first asked for. T may be immovable.
template <class T, class R>
class basic_once_value {
 public:
  using value_type = T;
  using runtime_type = R;

  // Keeps a copy of f, which is gone once it has run.
  template <class F>
    requires(!std::is_same_v<std::decay_t<F>, basic_once_value> &&
             std::is_invocable_r_v<T, std::decay_t<F>&>)
  explicit basic_once_value(F&& f) : maker_{new holder<std::decay_t<F>>(std::forward<F>(f))} {}
  basic_once_value(const basic_once_value&) = delete;
  basic_once_value& operator=(const basic_once_value&) = delete;
  // Contract: no task waits.
  ~basic_once_value() {
    delete maker_;
    if (made_) value_.~T();
  }

  // The value, or the exception that the function threw.
  const T& get(site where = site::current()) {
    once_.call([this] { make(); }, where);
    if (!made_) [[unlikely]]
      std::rethrow_exception(failure_);  // ON-2
    return value_;
  }
  const T& operator()(site where = site::current()) { return get(where); }

 private:
  // The function, with its type erased.
  struct maker {
    virtual ~maker() = default;
    virtual void make(T* at) = 0;
  };
  template <class F>
  struct holder final : maker {
    template <class G>
    explicit holder(G&& g) : f(std::forward<G>(g)) {}
    void make(T* at) override { ::new (static_cast<void*>(at)) T(f()); }
    F f;
  };

  void make() {
    LOCKSTEP_TRY {
      maker_->make(&value_);
      made_ = true;
    }
    LOCKSTEP_CATCH_ALL { failure_ = std::current_exception(); }
    delete std::exchange(maker_, nullptr);
  }

  basic_once<R> once_;
  maker* maker_;
  std::exception_ptr failure_;
  bool made_ = false;
  union {
    T value_;  // alive while made_
  };
};

using once = basic_once<any_runtime>;
template <class T>
using once_value = basic_once_value<T, any_runtime>;
namespace threads {
using once = basic_once<threads_runtime>;
template <class T>
using once_value = basic_once_value<T, threads_runtime>;
}  // namespace threads

namespace detail {

// From out of line, as current_runtime().
[[gnu::noinline]] inline const void* this_thread() noexcept { return &thread_task; }

// Tells the calling task from others that live; null on runtimes that do not say.
template <class R>
const void* this_task_or_thread() noexcept {
  if constexpr (requires { R::self(); }) {
    const void* const task = R::self();
    return task != nullptr ? task : this_thread();
  }
  return nullptr;
}

}  // namespace detail

template <class R>
template <class F>
void basic_once<R>::call_slow(F&& f, site where) {
  struct completion {
    detail::countdown<R>& running;
    ~completion() { running.add(-1); }
  };
  const void* self = detail::this_task_or_thread<R>();
  if (self == nullptr) self = &self;  // at least nobody else's
  const void* runner = nullptr;
  // Orders nothing: those who lose wait for the countdown.
  if (runner_.compare_exchange_strong(runner, self, std::memory_order_relaxed)) {
    const completion when_left{running_};  // ON-2
    static_cast<void>(std::forward<F>(f)());
    return;
  }
  detail::expects(runner != self, "a once is called by the function that it runs", this, where);
  running_.wait(detail::limit::none(), operation("call", where));
}

}  // namespace lockstep::inline LOCKSTEP_ABI
