// object_store.hpp: objects of one type, many of which come and go.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "config.hpp"
#include "huge_pages.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// The memory of those destroyed is for the next ones, the last first; nothing goes back to the system
// before the store does. (malloc would look at the neighbours of each that it gets back, which a
// million have out of the cache.) Not thread-safe. Cost: O(1), on average.
template <class T>
class object_store {
 public:
  object_store() = default;
  object_store(const object_store&) = delete;
  object_store& operator=(const object_store&) = delete;
  // Objects that are left are not destroyed.
  ~object_store() {
    for (const chunk& c : chunks_) std::allocator<slot>{}.deallocate(c.slots, c.count);
  }

  // Throws std::bad_alloc.
  [[nodiscard]] T* make() {
    if constexpr (LOCKSTEP_ASAN) return new T;  // so that the sanitizer knows them apart
    if (free_ == nullptr && unused_ == end_) grow();
    slot* const at = free_ != nullptr ? free_ : unused_++;
    if (at == free_) free_ = at->next;
    return ::new (static_cast<void*>(at)) T;
  }
  // One that make() returned.
  void destroy(T* t) noexcept {
    if constexpr (LOCKSTEP_ASAN) return delete t;
    t->~T();
    free_ = ::new (static_cast<void*>(t)) slot{free_};
  }
  // Leaves all memory to those who may refer to the objects that are left.
  void abandon() noexcept {
    chunks_.clear();
    free_ = unused_ = end_ = nullptr;
  }

 private:
  union slot {
    slot* next;
    alignas(T) std::byte object[sizeof(T)];
  };
  struct chunk {
    slot* slots;
    std::size_t count;
  };
  static constexpr std::size_t first = 16;  // objects
  static constexpr std::size_t most = (std::size_t{64} << 20U) / sizeof(slot);

  LOCKSTEP_COLD void grow() {
    const std::size_t count = chunks_.empty() ? first : std::min(2 * chunks_.back().count, most);
    chunks_.reserve(chunks_.size() + 1);
    unused_ = std::allocator<slot>{}.allocate(count);
    end_ = unused_ + count;
    prefer_huge_pages(unused_, count * sizeof(slot));
    chunks_.push_back({unused_, count});
  }

  slot* free_ = nullptr;
  slot* unused_ = nullptr;  // of the last chunk, up to its end
  slot* end_ = nullptr;
  std::vector<chunk> chunks_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
