// backend_case.hpp: waiting in a select for something that a backend wakes.
#pragma once

#include <cstddef>
#include <utility>

#include "../context.hpp"
#include "../detail/alarm.hpp"
#include "../detail/config.hpp"
#include "../detail/select_core.hpp"
#include "../select.hpp"
#include "../site.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// An alarm that rings another one.
class relay final : public detail::alarm {
 public:
  explicit relay() noexcept
      : alarm{[](alarm& a) noexcept { return to(a).claim(to(a)); },
              [](alarm& a) noexcept { to(a).wake(to(a)); }} {}
  relay(const relay& o) noexcept : relay{} { to_ = o.to_; }
  void ring_for(alarm& a) noexcept { to_ = &a; }

 private:
  static alarm& to(alarm& a) noexcept { return *static_cast<relay&>(a).to_; }
  alarm* to_ = nullptr;
};

// Waitable has poll() (ok, would_block, or how it ended without), arm(alarm&) (true: it is there
// already), disarm(alarm&), end() (the context with which waiting ends) and describe(text, size).
template <class Waitable, class F>
class backend_case final : public detail::armed_case {
 public:
  backend_case(Waitable& w, F f, site where) : armed_case{where}, waitable_{&w}, f_{std::move(f)} {}

  status poll() override { return waitable_->poll(); }
  bool arm(detail::alarm& a) override {
    end_ = waitable_->end();
    at_end_.ring_for(a);
    if (waitable_->arm(a)) return false;
    const auto end = detail::limit::of(end_).ctx;
    return end == nullptr || end->arm(at_end_);
  }
  void disarm(detail::alarm& a) override {
    waitable_->disarm(a);
    if (const auto end = detail::limit::of(end_).ctx; end != nullptr) end->disarm(at_end_);
  }
  void describe(char* text, std::size_t size) const noexcept override {
    waitable_->describe(text, size);
  }
  void run(status how) override { f_(how); }

 private:
  Waitable* waitable_;
  context end_;
  relay at_end_;
  F f_;
};

// visible_op::describe for a waitable.
template <class Waitable>
void describe_waitable(const void* object, char* text, std::size_t size) noexcept {
  static_cast<const Waitable*>(object)->describe(text, size);
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
