// cell.hpp: a value with a version, by name, which is replaced only if it is the expected one. One of
// the objects that a backend has.
#pragma once

#include <cstdint>

#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../outcome.hpp"
#include "log.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// What a cell holds, or that it holds nothing, since the version it has.
struct cell_state {
  payload value;              // null: nothing
  std::uint64_t version = 0;  // of the last change; 0 before the first. None comes twice.

  [[nodiscard]] bool exists() const noexcept { return value.value != nullptr; }
};

// What has to be there for a change to be made.
class expected {
 public:
  [[nodiscard]] static expected anything() noexcept { return {what::any, 0}; }
  [[nodiscard]] static expected nothing() noexcept { return {what::absent, 0}; }
  // The value, or nothing, that has been there since this version.
  [[nodiscard]] static expected since(std::uint64_t version) noexcept {
    return {what::version, version};
  }
  // And that no write, or fence, came with a greater token than this.
  [[nodiscard]] expected fenced(std::uint64_t token) const noexcept {
    return {what_, version_, token};
  }
  [[nodiscard]] std::uint64_t token() const noexcept { return token_; }
  [[nodiscard]] bool admits(const cell_state& s) const noexcept {
    return what_ == what::any || (what_ == what::absent ? !s.exists() : s.version == version_);
  }

 private:
  enum class what { any, absent, version };
  expected(what w, std::uint64_t v, std::uint64_t token = 0) noexcept
      : what_{w}, version_{v}, token_{token} {}

  what what_;
  std::uint64_t version_;
  std::uint64_t token_;  // 0: none
};

// Any thread.
class cell {
 public:
  cell() = default;
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;

  [[nodiscard]] virtual cell_state get() = 0;
  // Replaces what is there by v, or by nothing (a null payload); returns the new version, which is
  // greater than all before. conflict: something else was there. stale_token: a greater one was there.
  // mismatch: v is of another type.
  virtual outcome<std::uint64_t> put(payload v, expected e) = 0;
  // From now on refuses writes that come with a lower token; stale_token: a greater one was there.
  virtual status fence(std::uint64_t token) = 0;
  // Registers the alarm, to ring when the version is greater than this; true: it is, and the alarm
  // was not registered.
  virtual bool arm(std::uint64_t version, detail::alarm& a) = 0;
  virtual void disarm(detail::alarm& a) = 0;

 protected:
  ~cell() = default;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
