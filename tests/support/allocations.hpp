// allocations.hpp: counts what goes through operator new. Include it in one file of a program.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace support {

inline constinit thread_local std::size_t allocations_made = 0;    // by this thread
inline constinit std::atomic<std::ptrdiff_t> allocations_live{0};  // by all

// Allocations that this thread makes while f runs.
template <class F>
std::size_t allocations_in(F f) {
  const std::size_t before = allocations_made;
  f();
  return allocations_made - before;
}

inline void* counted_allocation(std::size_t size, std::size_t alignment) {
  void* const p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc{};
  ++allocations_made;
  allocations_live.fetch_add(1, std::memory_order_relaxed);
  return p;
}

inline void counted_release(void* p) noexcept {
  if (p != nullptr) allocations_live.fetch_sub(1, std::memory_order_relaxed);
  std::free(p);
}

}  // namespace support

void* operator new(std::size_t size) {
  return support::counted_allocation(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return support::counted_allocation(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { support::counted_release(p); }
void operator delete(void* p, std::size_t) noexcept { support::counted_release(p); }
void operator delete(void* p, std::align_val_t) noexcept { support::counted_release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  support::counted_release(p);
}
