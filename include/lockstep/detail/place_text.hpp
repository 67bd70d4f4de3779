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

  // "file:12 in function": of the first caller that is the user's, if the site is not.
  [[nodiscard]] std::string text() const;
};

// Whether code is the user's; without a file, by the namespace of its mangled name.
[[nodiscard]] inline bool is_user_code(const code_line& c) {
  if (!c.file.empty()) return is_user_file(c.file.c_str());
  for (const char* own : {"_ZSt", "_ZNSt", "_ZNKSt", "_ZN8lockstep", "_ZNK8lockstep"}) {
    if (c.function.rfind(own, 0) == 0) return false;
  }
  return true;
}

inline std::string call_place::text() const {
  if (!frames.empty()) {
    for (const code_line& c : symbols::lines(frames.data(), static_cast<int>(frames.size()))) {
      if (!is_user_code(c)) continue;
      const std::string function = demangled(c.function);
      return c.file.empty() ? function : c.file + ":" + std::to_string(c.line) + " in " + function;
    }
  }
  return std::string{where.file} + ":" + std::to_string(where.line) + " in " + where.function;
}

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
