// wait_spellings.hpp: the forms of waiting for an object that yields no value, each written once.
#pragma once

#include "../context.hpp"
#include "../site.hpp"
#include "../status.hpp"
#include "blocking.hpp"
#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Self has: status wait_core(const limit&, site).
template <class Self, class R>
class wait_spellings {
 public:
  // Blocks until the object is ready.
  void wait(site where = site::current()) { self().wait_core(limit::none(), where); }
  // ok when it is; timeout; or as the context ended.
  template <class Rep, class Period>
  [[nodiscard]] status try_wait_for(const std::chrono::duration<Rep, Period>& d,
                                    site where = site::current()) {
    return self().wait_core(limit::within<R>(d), where);
  }
  template <class Clock, class Duration>
  [[nodiscard]] status try_wait_until(const std::chrono::time_point<Clock, Duration>& deadline,
                                      site where = site::current()) {
    return self().wait_core(limit::until<R>(deadline), where);
  }
  [[nodiscard]] status wait(const context& ctx, site where = site::current()) {
    return self().wait_core(limit::of(ctx), where);
  }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
