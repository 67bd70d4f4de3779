// bag.hpp: objects, of which any may be taken out; in no particular order.
//
// To take one out touches no other: a million tasks have theirs out of the cache. A place that becomes
// free holds the number of the next free one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Where an object is in a bag.
inline constexpr std::size_t no_place = static_cast<std::size_t>(-1) >> 1U;

// T has a member `place`, no_place at first, for the use of the bag that it is in. Not thread-safe.
template <class T>
class bag {
 public:
  constexpr bag() noexcept = default;
  bag(const bag&) = delete;
  bag& operator=(const bag&) = delete;
  ~bag() { delete[] places_; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i < used_; ++i) {
      if (T* const t = at(i)) f(*t);
    }
  }

  // False: there is no memory for it.
  [[nodiscard]] bool put(T& t) noexcept {
    if (free_ == no_place && used_ == capacity_ && !grow()) return false;
    t.place = free_ != no_place ? free_ : used_++;
    if (t.place == free_) free_ = places_[free_] >> 1U;
    places_[t.place] = reinterpret_cast<std::uintptr_t>(&t);
    ++size_;
    return true;
  }
  // Does nothing with one that is in no bag.
  void take(T& t) noexcept {
    if (t.place == no_place) return;
    places_[t.place] = free_ << 1U | is_free;
    free_ = t.place;
    t.place = no_place;
    if (--size_ != 0) return;
    used_ = 0;  // what is looked through is never much more than there is, or was since
    free_ = no_place;
  }

  // For those who take out many: every place that ever was, and what is there; null: nothing.
  [[nodiscard]] std::size_t places() const noexcept { return used_; }
  [[nodiscard]] T* at(std::size_t place) const noexcept {
    const std::uintptr_t p = places_[place];
    return (p & is_free) != 0 ? nullptr : reinterpret_cast<T*>(p);  // NOLINT(*-no-int-to-ptr)
  }

 private:
  static constexpr std::uintptr_t is_free = 1;
  static_assert(sizeof(std::size_t) == sizeof(std::uintptr_t));

  LOCKSTEP_COLD bool grow() noexcept {
    const std::size_t more = 2 * capacity_ + 16;
    auto* const places = new (std::nothrow) std::uintptr_t[more];
    if (places == nullptr) return false;
    if (used_ != 0) std::memcpy(places, places_, used_ * sizeof *places);
    delete[] places_;
    places_ = places;
    capacity_ = more;
    return true;
  }

  std::uintptr_t* places_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t free_ = no_place;
};

// What is never destroyed, for tasks that outlive main's statics.
template <class T>
union immortal {
  constexpr immortal() noexcept : it{} {}
  ~immortal() {}
  T it;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
