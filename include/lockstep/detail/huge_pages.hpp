// huge_pages.hpp: large arrays, where to look up a page would cost more than to read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Asks for pages of 2 MiB, which the system may grant (Linux).
inline void prefer_huge_pages([[maybe_unused]] void* memory,
                              [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef __linux__
  constexpr std::uintptr_t huge = std::uintptr_t{2} << 20U;
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(memory) + huge - 1) / huge * huge;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / huge * huge;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

// Objects one after the other, as many as it has been given room for, which stay where they are.
template <class T>
class huge_array {
 public:
  huge_array() = default;
  huge_array(const huge_array&) = delete;
  huge_array& operator=(const huge_array&) = delete;
  ~huge_array() {
    std::destroy_n(first_, size_);
    if (first_ != nullptr) std::allocator<T>{}.deallocate(first_, room_);
  }

  // Once. Throws std::bad_alloc.
  void make_room(std::size_t n) {
    first_ = std::allocator<T>{}.allocate(n);
    room_ = n;
    prefer_huge_pages(first_, n * sizeof(T));
  }
  // Requires that there is room.
  template <class... Args>
  T& emplace_back(Args&&... args) {
    T* const made = std::construct_at(first_ + size_, std::forward<Args>(args)...);
    ++size_;
    return *made;
  }

  [[nodiscard]] T* begin() noexcept { return first_; }
  [[nodiscard]] T* end() noexcept { return first_ + size_; }

 private:
  T* first_ = nullptr;
  std::size_t room_ = 0;
  std::size_t size_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
