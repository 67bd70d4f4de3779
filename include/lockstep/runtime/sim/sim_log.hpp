// sim_log.hpp: everything that a simulation decided, in one number.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../detail/config.hpp"
#include "../../detail/splitmix.hpp"
#include "../task.hpp"
#include "sim_objects.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

// Counts steps, and mixes what they were into a digest: task, operation, object, line, what was drawn
// and what time it became. Nothing of it is an address or real time.
class sim_log {
 public:
  // Gets an entry for each step; and a record that has to come out again. Either may be null.
  sim_log(std::vector<std::uint64_t>* record, const std::vector<std::uint64_t>* compare) noexcept
      : record_{record}, compare_{compare} {}

  void note(std::uint64_t what) noexcept {
    digest_ = (digest_ ^ what) * splitmix_step;
    digest_ ^= digest_ >> 29U;
  }
  // A task is about to do the operation. False: another one did something else at this step.
  bool step(std::uint64_t task, const visible_op& op) {
    steps_.store(steps() + 1, std::memory_order_release);
    if (op.verb != verb_) {
      verb_ = op.verb;
      beginning_ = beginning(verb_);
    }
    std::uint64_t what = (task << 32U) ^ (std::uint64_t{beginning_} << 16U) ^ op.where.line;
    if (*op.kind != 0) what ^= objects_.number(op.object) * splitmix_step;  // else, one by its name
    note(what);
    return keep(digest_);
  }
  // Nobody can go on. False: in the record, somebody could.
  bool rest() { return keep(~digest_); }

  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }
  // Any thread. Acquire: who reads it sees what the task that runs was about to do then.
  [[nodiscard]] std::uint64_t steps() const noexcept {
    return steps_.load(std::memory_order_acquire);
  }
  [[nodiscard]] sim_objects& objects() noexcept { return objects_; }

 private:
  bool keep(std::uint64_t entry) {
    if (record_ != nullptr) record_->push_back(entry);
    if (compare_ == nullptr) return true;
    return compared_ < compare_->size() && (*compare_)[compared_++] == entry;
  }
  // The first four characters, which hardly ever are alike for two operations of one line.
  static std::uint32_t beginning(const char* verb) noexcept {
    std::uint32_t four = 0;
    for (unsigned i = 0; i < 4 && verb[i] != 0; ++i) {
      four |= std::uint32_t{static_cast<unsigned char>(verb[i])} << 8U * i;
    }
    return four;
  }

  std::vector<std::uint64_t>* record_;
  const std::vector<std::uint64_t>* compare_;
  sim_objects objects_;
  std::size_t compared_ = 0;
  const char* verb_ = "";  // of the last step
  std::uint32_t beginning_ = 0;
  std::uint64_t digest_ = 0;
  std::atomic<std::uint64_t> steps_{0};
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
