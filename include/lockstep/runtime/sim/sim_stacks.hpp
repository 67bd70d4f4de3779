// sim_stacks.hpp: stacks of simulated tasks, each of one task after the other.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "../../detail/config.hpp"
#include "../stack/slab.hpp"
#include "../stack/stacked_flow.hpp"
#include "../stack/switch.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct alignas(16) sim_stack : stacked_flow {
  sim_stack* next = nullptr;  // of those without a task
};

class sim_stacks {
 public:
  explicit sim_stacks(std::size_t default_bytes) : shelf_{new stack_shelf{default_bytes}} {}
  sim_stacks(const sim_stacks&) = delete;
  sim_stacks& operator=(const sim_stacks&) = delete;
  ~sim_stacks() {
    if constexpr (LOCKSTEP_ASAN || LOCKSTEP_TSAN) {  // others have nothing to learn from it
      while (sim_stack* const s = spares_) {
        spares_ = s->next;
        stacked_flow::dispose(s);
      }
    }
  }

  // For stacks of at least so many bytes. Throws error{unavailable}.
  [[nodiscard]] stack_slab& at_least(std::size_t bytes) { return shelf_->at_least(bytes); }

  // A stack that, when switched to, begins with entry, or goes on with its loop. Throws
  // error{unavailable}.
  [[nodiscard]] sim_stack* take(stack_slab& slab,
                                void (*entry)(boost::context::detail::transfer_t)) {
    if (spares_ != nullptr && &slab == &shelf_->standard()) {
      return std::exchange(spares_, spares_->next);
    }
    return stacked_flow::make<sim_stack>(slab, entry);
  }
  // Nobody may be on it.
  void give(sim_stack* s) noexcept {
    if (s->slab != &shelf_->standard()) return stacked_flow::dispose(s);
    s->next = spares_;
    spares_ = s;
  }
  // Leaves all stacks to those who may refer to them.
  void abandon() noexcept { static_cast<void>(shelf_.release()); }

 private:
  std::unique_ptr<stack_shelf> shelf_;
  sim_stack* spares_ = nullptr;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
