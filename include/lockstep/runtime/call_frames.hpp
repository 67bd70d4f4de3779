// call_frames.hpp: who called, where the site does not tell.
//
// std::lock_guard calls lock() from a header of the system, and that header is what the site names.
// While a hook is on, such an operation keeps its return addresses, and a report finds the user's
// line in them (detail/place_text.hpp). Where whole stacks are wanted, all blocked operations do.
#pragma once

#include <atomic>
#include <cstddef>

#include "../detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Whether text begins with the first n characters of prefix.
[[nodiscard]] constexpr bool begins_with(const char* text, const char* prefix,
                                         std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    if (text[i] != prefix[i]) return false;
  }
  return true;
}
template <std::size_t N>
[[nodiscard]] constexpr bool begins_with(const char* text, const char (&prefix)[N]) noexcept {
  return begins_with(text, prefix, N - 1);
}

// Where these headers are: "/usr/local/include/lockstep/", or relative, as the compiler was told.
struct own_folder {
  const char* path = __FILE__;
  std::size_t size = 0;
  constexpr own_folder() noexcept {
    for (std::size_t i = 0; path[i] != 0; ++i) {
      if (begins_with(path + i, "lockstep/")) size = i + sizeof "lockstep";
    }
  }
};

// Whether a file is the user's: not of the system, of the standard library, or of this one. (Debug
// information has absolute paths, even where the compiler was given relative ones.)
[[nodiscard]] constexpr bool is_user_file(const char* file) noexcept {
  constexpr own_folder own;
  if (begins_with(file, "/usr/include/") || begins_with(file, "/usr/lib/") ||
      begins_with(file, "/lib/")) {
    return false;
  }
  for (const char* at = file; *at != 0; ++at) {
    if (begins_with(at, "/c++/")) return false;
    if (begins_with(at, own.path, own.size)) return begins_with(at + own.size, "testing/");
  }
  return *file != 0;
}

// Writes return addresses of the calling task, innermost first, and returns how many.
using frame_source = int (*)(void** frames, int capacity) noexcept;
inline constinit std::atomic<frame_source> installed_frame_source{nullptr};
// How many want the stacks of all that is blocked.
inline constinit std::atomic<int> stacks_wanted{0};

// The return addresses of an operation, for others to read while it goes on.
class call_frames {
 public:
  static constexpr int capacity = 24;

  // Once, if the site's file does not name the user's line, or stacks are wanted. Allocates: not under
  // a short lock.
  LOCKSTEP_COLD void capture(const char* file) noexcept {
    const auto source = installed_frame_source.load(std::memory_order_acquire);
    if (source == nullptr) return;
    if (stacks_wanted.load(std::memory_order_relaxed) == 0 && is_users(file)) return;
    // Release: pairs with size(), so that who sees the number sees the addresses.
    size_.store(source(frames_, capacity), std::memory_order_release);
  }
  [[nodiscard]] int size() const noexcept { return size_.load(std::memory_order_acquire); }
  [[nodiscard]] void* const* begin() const noexcept { return frames_; }

 private:
  // Whether the file is the user's; the last one that was is known by its address.
  static bool is_users(const char* file) noexcept {
    static constinit std::atomic<const char*> last{nullptr};
    if (file == last.load(std::memory_order_relaxed)) return true;
    if (!is_user_file(file)) return false;
    last.store(file, std::memory_order_relaxed);
    return true;
  }

  void* frames_[capacity];
  std::atomic<int> size_{0};
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
