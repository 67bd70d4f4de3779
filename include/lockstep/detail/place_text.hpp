// place_text.hpp: the user's line from which an operation was called, in words.
#pragma once

#include <execinfo.h>

#include <string>
#include <vector>

#include "../runtime/call_frames.hpp"
#include "../site.hpp"
#include "config.hpp"
#include "symbols.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// From now on observed operations keep their return addresses.
inline void keep_frames() {
  void* first = nullptr;
  static_cast<void>(::backtrace(&first, 1));  // loads the unwinder
  installed_frame_source.store(
      +[](void** frames, int capacity) noexcept { return ::backtrace(frames, capacity); },
      std::memory_order_release);
}

// Where something was done, to be put into words when a report needs it.
struct call_place {
  site where;
  std::vector<void*> frames;

  // The place of the caller.
  static call_place of(site where) {
    if (is_user_file(where.file)) return {where, {}};
    void* frames[call_frames::capacity];
    const int n = ::backtrace(frames, call_frames::capacity);
    return {where, std::vector<void*>(frames, frames + n)};
  }

  // Of the first caller that is the user's, if the site is not.
  [[nodiscard]] code_line line() const;
  // "file:12 in function"
  [[nodiscard]] std::string text() const;
  // The user's functions on the stack, if it was kept, the innermost first.
  [[nodiscard]] std::vector<code_line> stack() const;
};

// Keeps the stacks of all blocked operations while it lives, at some microseconds for each.
class [[nodiscard]] stacks_scope {
 public:
  stacks_scope() noexcept {
    keep_frames();
    stacks_wanted.fetch_add(1, std::memory_order_relaxed);
  }
  stacks_scope(const stacks_scope&) = delete;
  stacks_scope& operator=(const stacks_scope&) = delete;
  ~stacks_scope() { stacks_wanted.fetch_sub(1, std::memory_order_relaxed); }
};

// Whether code is the user's; without a file, by the namespace of its mangled name. (A sanitizer has
// interceptors on the stack, under either name.)
[[nodiscard]] inline bool is_user_code(const code_line& c) {
  if (!c.file.empty()) return is_user_file(c.file.c_str());
  for (const char* own :
       {"__", "backtrace", "_ZSt", "_ZNSt", "_ZNKSt", "_ZN8lockstep", "_ZNK8lockstep"}) {
    if (c.function.rfind(own, 0) == 0) return false;
  }
  return true;
}

// "file:12 in function"
[[nodiscard]] inline std::string line_text(const code_line& c) {
  return c.file.empty() ? c.function : c.file + ":" + std::to_string(c.line) + " in " + c.function;
}

inline std::vector<code_line> call_place::stack() const {
  std::vector<code_line> lines = symbols::lines(frames.data(), static_cast<int>(frames.size()));
  std::erase_if(lines, [](const code_line& c) { return !is_user_code(c); });
  for (code_line& c : lines) c.function = demangled(c.function);
  return lines;
}

inline code_line call_place::line() const {
  if (!is_user_file(where.file) && !frames.empty()) {
    const auto lines = stack();
    if (!lines.empty()) return lines.front();
  }
  return {where.function, where.file, where.line};
}

inline std::string call_place::text() const { return line_text(line()); }

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
