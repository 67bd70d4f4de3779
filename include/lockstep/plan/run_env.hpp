// run_env.hpp: what an instance of a plan knows about its run.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../context.hpp"
#include "../detail/config.hpp"
#include "../detail/splitmix.hpp"
#include "../error.hpp"
#include "instance_local.hpp"
#include "output.hpp"
#include "parameter.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

namespace plan {

// Which of the parameters given were asked for: one that never was is likely a slip of the pen.
class parameters_read {
 public:
  explicit parameters_read(const std::map<std::string, std::string>& given) {
    for (const auto& [name, value] : given) read_[name] = false;
  }
  // Requires that the parameter was given.
  void add(const std::string& name) { read_.at(name).store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool contains(const std::string& name) const {
    return read_.at(name).load(std::memory_order_relaxed);
  }

 private:
  std::map<std::string, std::atomic<bool>> read_;
};

}  // namespace plan

// Safe to use from several tasks of the instance.
class run_env {
 public:
  run_env(plan::output& out, plan::parameters_read& read, std::uint64_t index,
          const lockstep::context& ctx)
      : out_{&out}, read_{&read}, index_{index}, context_{ctx} {}

  // Position of this instance, from 0.
  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }
  [[nodiscard]] std::uint64_t instance_count() const noexcept { return out_->info().instances; }
  // Name of the group of instances; "single" in a run that names none.
  [[nodiscard]] const std::string& group() const noexcept { return out_->info().group; }
  [[nodiscard]] const std::string& run_id() const noexcept { return out_->info().run_id; }
  [[nodiscard]] const std::string& test_case() const noexcept { return out_->info().test_case; }

  // What to seed a random generator with: another number in each instance, and each run.
  [[nodiscard]] std::uint64_t seed() const noexcept {
    return detail::mixed(out_->info().seed + (index_ + 1) * detail::splitmix_step);
  }

  // Ended when the run's time is over, or when the run is given up. A run in which all instances
  // wait for nothing but this is stuck, and given up at once.
  [[nodiscard]] const lockstep::context& context() const noexcept { return context_; }

  // Value of a parameter: text, number, bool or duration. Throws error{mismatch}, naming parameter
  // and value, if it is not a T; without a default also if it was not given.
  template <class T>
  [[nodiscard]] T param(const std::string& name) const {
    if (const std::string* text = find(name)) return parse<T>(name, *text);
    throw error{status::mismatch,
                "parameter '" + name + "' is required: --param " + name + "=VALUE"};
  }
  template <class T>
  [[nodiscard]] T param(const std::string& name, T otherwise) const {
    const std::string* text = find(name);
    return text != nullptr ? parse<T>(name, *text) : std::move(otherwise);
  }
  [[nodiscard]] bool has_param(const std::string& name) const { return find(name) != nullptr; }

  // Says something: shown live with the instance and the time, and collected. The parts are
  // written one after the other, as to a stream.
  template <class... Parts>
  void message(const Parts&... parts) {
    plan::output::message m = out_->begin_message(index_);
    (append(m.line, parts), ...);
    out_->say(index_, std::move(m));
  }

 private:
  // (A stream costs more than all the rest of a message.)
  template <class Part>
  static void append(std::string& text, const Part& part) {
    if constexpr (std::is_convertible_v<const Part&, std::string_view>) {
      text += std::string_view{part};
    } else if constexpr (std::is_integral_v<Part> && sizeof(Part) >= sizeof(int)) {
      text += std::to_string(part);
    } else {
      std::ostringstream written;
      written << part;
      text += written.str();
    }
  }
  [[nodiscard]] const std::string* find(const std::string& name) const {
    const auto at = out_->info().parameters.find(name);
    if (at == out_->info().parameters.end()) return nullptr;
    read_->add(name);
    return &at->second;
  }
  template <class T>
  static T parse(const std::string& name, const std::string& text) {
    if (auto value = plan::parse_value<T>(text)) return *std::move(value);
    throw error{status::mismatch,
                "parameter '" + name + "': '" + text + "' is not " + plan::kind_of_value<T>()};
  }

  plan::output* out_;
  plan::parameters_read* read_;
  std::uint64_t index_;
  lockstep::context context_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI
