// switch.hpp: leaving one stack for another, on the same thread.
//
// A flow of control lets go of its stack inside depart(), and goes on there when another departs for
// it. Between the two it may have moved to another thread, so nothing that belongs to a thread may be
// kept across depart(), which returns the new one's flow_thread. What has to be done for the flow once
// its stack is left (publishing that it can be resumed, above all) is done by the side that arrives.
//
// What C++ keeps of a thread's exceptions (those being handled, and how many are in flight) goes with
// the flow: without that, two flows that depart inside catch blocks rethrow each other's exceptions.
// The sanitizers are told of every switch.
//
// Cost: that of Boost.Context's jump_fcontext and about a nanosecond. (Its public class `fiber` wraps
// the same call; it unwinds stacks by an exception of its own when destroyed, which catch (...) of a
// task would swallow.)
#pragma once

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstring>

#include "../../detail/config.hpp"

#if LOCKSTEP_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if LOCKSTEP_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace lockstep::inline LOCKSTEP_ABI::detail {

// A flow of control that can be resumed; also the place to keep what a running one will need.
struct flow {
  boost::context::detail::fcontext_t at = nullptr;
#if LOCKSTEP_ASAN
  void* fake_stack = nullptr;
  const void* bottom = nullptr;
  std::size_t bytes = 0;
#endif
#if LOCKSTEP_TSAN
  void* context = nullptr;
#endif
};

// The thread below the flows.
struct flow_thread {
  abi::__cxa_eh_globals* exceptions = nullptr;
};

// One departure of a flow. Lives on the stack that is left.
struct departure {
  flow* from;
  flow_thread* on;
  // Run on the other side, after which the flow may be resumed by anyone. Null: nothing is to be done.
  void (*then)(departure&) noexcept = nullptr;
  bool for_good = false;  // the flow begins anew if it is ever resumed
};

// The bytes behind __cxa_get_globals: the stack of handled exceptions, and a count. Itanium C++ ABI.
struct exception_state {
  void* handled = nullptr;
  void* in_flight = nullptr;  // an unsigned int and padding

  static exception_state of(const flow_thread& c) noexcept {
    exception_state s;
    std::memcpy(&s, static_cast<const void*>(c.exceptions), sizeof s);
    return s;
  }
  void restore(const flow_thread& c) const noexcept {
    std::memcpy(static_cast<void*>(c.exceptions), this, sizeof *this);
  }
};

#if LOCKSTEP_TSAN
#define LOCKSTEP_SWITCHES_STACKS __attribute__((no_sanitize("thread")))
#else
#define LOCKSTEP_SWITCHES_STACKS
#endif

// The first thing on a stack that was switched to. self: the flow that arrives.
LOCKSTEP_SWITCHES_STACKS inline flow_thread& arrive(boost::context::detail::transfer_t t,
                                                    [[maybe_unused]] flow& self) noexcept {
  auto& d = *static_cast<departure*>(t.data);
  flow_thread& on = *d.on;
#if LOCKSTEP_ASAN
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(self.fake_stack, &bottom, &bytes);
  d.from->bottom = bottom;  // a thread's own stack is known only from here
  d.from->bytes = bytes;
#endif
  d.from->at = t.fctx;
  if (d.then != nullptr) d.then(d);
  return on;
}

#if defined(__x86_64__) && defined(__LP64__) && defined(__ELF__) && !defined(__CET__)
// jump_fcontext leaves by a jump, so that the call of it stays among the returns that the processor
// expects, and each return up to the next call is mispredicted. This leaves by a return. (Two flows
// that were left in the same calls then go on as if they had never been left.)
// The compiler does not see that the parameters are used.
[[gnu::naked,
  gnu::no_instrument_function]] LOCKSTEP_ASKS_THREAD inline boost::context::detail::transfer_t
jump(boost::context::detail::fcontext_t /*to*/, void* /*data*/) noexcept {
  asm("lea 1f(%rip), %rax\n\t"
      "push %rax\n\t"
      "jmp jump_fcontext@PLT\n"
      "1:\tret");
}
#else
LOCKSTEP_SWITCHES_STACKS inline boost::context::detail::transfer_t jump(
    boost::context::detail::fcontext_t to, void* data) noexcept {
  return boost::context::detail::jump_fcontext(to, data);
}
#endif

// Leaves d.from's stack for that of `to`. Returns when another flow departs for d.from.
LOCKSTEP_SWITCHES_STACKS inline flow_thread& depart(departure& d, flow& to) noexcept {
  const exception_state mine = exception_state::of(*d.on);
#if LOCKSTEP_ASAN
  d.from->fake_stack = nullptr;
  __sanitizer_start_switch_fiber(d.for_good ? nullptr : &d.from->fake_stack, to.bottom, to.bytes);
#endif
#if LOCKSTEP_TSAN
  __tsan_switch_to_fiber(to.context, 0);
#endif
  flow_thread& on = arrive(jump(to.at, &d), *d.from);
  mine.restore(on);
  return on;
}

// Makes f a flow that begins with entry(transfer) below `top`. entry calls arrive() and then begin().
inline void prepare(flow& f, char* top, std::size_t bytes,
                    void (*entry)(boost::context::detail::transfer_t)) noexcept {
  f.at = boost::context::detail::make_fcontext(top, bytes, entry);
#if LOCKSTEP_ASAN
  f.bottom = top - bytes;
  f.bytes = bytes;
#endif
#if LOCKSTEP_TSAN
  f.context = __tsan_create_fiber(0);
#endif
}

// Makes c the flow_thread of the calling thread, and f stand for what the thread runs now.
inline void adopt_thread(flow_thread& c, [[maybe_unused]] flow& f) noexcept {
  c.exceptions = abi::__cxa_get_globals();
#if LOCKSTEP_TSAN
  f.context = __tsan_get_current_fiber();
#endif
}

// Ends what prepare() made, when nobody is on that stack.
inline void dispose([[maybe_unused]] flow& f) noexcept {
#if LOCKSTEP_TSAN
  __tsan_destroy_fiber(f.context);
#endif
#if LOCKSTEP_ASAN
  __asan_unpoison_memory_region(f.bottom, f.bytes);  // what the abandoned frames left
#endif
}

// A new flow handles no exception.
inline void begin(const flow_thread& on) noexcept { exception_state{}.restore(on); }

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
