// ring.hpp: a FIFO of values in one block of memory, for use under a lock.
//
// Layout does not depend on the element type, which may be incomplete until a value is stored.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

class ring {
 public:
  constexpr ring() noexcept = default;
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t room() const noexcept { return room_; }  // elements that fit

  // Requires size() < room(), and a move that does not throw.
  template <class E>
  void push(E&& e) noexcept {
    const std::size_t at = head_ + size_ < room_ ? head_ + size_ : head_ + size_ - room_;
    ::new (static_cast<void*>(slots<E>() + at)) E(std::forward<E>(e));
    ++size_;
  }

  // Requires size() > 0. take(E&&) moves the oldest value out.
  template <class E, class Take>
  void pop(Take take) noexcept {
    E& oldest = slots<E>()[head_];
    take(std::move(oldest));
    oldest.~E();
    head_ = head_ + 1 == room_ ? 0 : head_ + 1;
    --size_;
  }

  // Moves the values over to `larger`, an empty ring with more room, and swaps with it.
  template <class E>
  void move_into(ring& larger) noexcept {
    while (size_ > 0) {
      pop<E>([&larger](E&& e) { larger.push(std::move(e)); });
    }
    std::swap(memory_, larger.memory_);
    std::swap(room_, larger.room_);
    std::swap(size_, larger.size_);
    std::swap(head_, larger.head_);
  }

  // Requires that no memory is held. Throws std::bad_alloc, std::bad_array_new_length.
  template <class E>
  void allocate(std::size_t room) {
    if (room == 0) return;
    if (room > static_cast<std::size_t>(-1) / 2 / sizeof(E)) raise_too_long();
    memory_ = ::operator new(room * sizeof(E), std::align_val_t{alignof(E)});
    room_ = room;
  }

  // Destroys the values and frees the memory.
  template <class E>
  void release() noexcept {
    while (size_ > 0) pop<E>([](E&&) {});
    if (memory_ != nullptr) ::operator delete(memory_, std::align_val_t{alignof(E)});
    memory_ = nullptr;
    room_ = 0;
  }

 private:
  template <class E>
  E* slots() const noexcept {
    return static_cast<E*>(memory_);
  }
  [[noreturn]] static void raise_too_long() {
#if LOCKSTEP_EXCEPTIONS
    throw std::bad_array_new_length{};
#else
    __builtin_abort();
#endif
  }

  void* memory_ = nullptr;
  std::size_t room_ = 0;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
