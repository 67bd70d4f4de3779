// value_chain.hpp: the values that a context carries, newest first.
//
// A chain never changes: a context with one value more has a new head in front of its parent's.
#pragma once

#include <atomic>
#include <cstdint>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class value_chain {
 public:
  value_chain(const value_chain&) = delete;
  value_chain& operator=(const value_chain&) = delete;

  // The newest value of this key, or null. O(length of the chain).
  static const void* find(const value_chain* head, const void* key) noexcept {
    for (; head != nullptr; head = head->rest_) {
      if (head->key_ == key) return head->value_;  // CTX-9
    }
    return nullptr;
  }

  // Counts one more owner of a chain, which may be empty.
  static value_chain* retain(value_chain* head) noexcept {
    if (head != nullptr) head->references_.fetch_add(1, std::memory_order_relaxed);
    return head;
  }
  static void release(value_chain* head) noexcept {
    // Acquire and release: whoever destroys a link sees the last use by its other owners.
    while (head != nullptr && head->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      value_chain* const rest = head->rest_;
      delete head;
      head = rest;
    }
  }

 protected:
  // A chain of one link. Counted once for the caller.
  value_chain(const void* key, const void* value) noexcept : key_{key}, value_{value} {}
  virtual ~value_chain() = default;

  void append(value_chain* rest) noexcept { rest_ = retain(rest); }

 private:
  std::atomic<std::uint32_t> references_{1};
  const void* key_;
  const void* value_;
  value_chain* rest_ = nullptr;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
