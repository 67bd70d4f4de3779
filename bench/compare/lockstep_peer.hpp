// lockstep_peer.hpp: Lockstep as a peer, on fibers; the objects are bound to R.
#pragma once

#include <array>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/fibers.hpp>
#include <utility>

#include "workloads.hpp"

namespace compare {

template <class R>
struct lockstep_peer {
  template <class F>
  static void run(unsigned workers, F f) {
    lockstep::fibers::run(f, {.workers = workers});
  }

  class crew {
   public:
    template <class F>
    void start(F&& f) {
      tasks_.go(std::forward<F>(f));
    }
    void join() { tasks_.wait(); }

   private:
    lockstep::basic_wait_group<R> tasks_;
  };

  template <class T>
  class channel : public lockstep::basic_channel<T, R> {
   public:
    using base = lockstep::basic_channel<T, R>;
    using base::base;
    T recv() { return *base::recv(); }
    bool next(T& v) {
      auto got = base::recv();
      if (got) v = *got;
      return static_cast<bool>(got);
    }
  };

  static void yield() { R::yield(); }

  static constexpr bool has_select = true;
  template <std::size_t K>
  static std::int64_t select(const std::array<channel<std::int64_t>*, K>& all) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::int64_t got = 0;
      const auto take = [&got](std::int64_t v) { got = v; };
      lockstep::select(lockstep::on_recv(
          static_cast<lockstep::basic_channel<std::int64_t, R>&>(*all[I]), take)...);
      return got;
    }(std::make_index_sequence<K>{});
  }
};

}  // namespace compare
