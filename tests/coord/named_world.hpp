// named_world.hpp: instances of a run that share named objects.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <lockstep/backend/local.hpp>
#include <lockstep/coord/client.hpp>
#include <memory>
#include <string>
#include <utility>

namespace support {

struct named_world : ::testing::Test {
  const std::shared_ptr<lockstep::coord::local_world> world =
      std::make_shared<lockstep::coord::local_world>();

  // The client of an instance of a run of ten.
  [[nodiscard]] lockstep::client instance(std::uint64_t index) const {
    return lockstep::client{
        std::make_shared<lockstep::coord::scope>(lockstep::coord::scope{world, "run", index, 10})};
  }
  lockstep::client sync = instance(0);
  lockstep::client other = instance(1);

  // The error that f() throws, as status and text.
  template <class F>
  static std::pair<lockstep::status, std::string> error_of(F f) {
    try {
      f();
      return {lockstep::status::ok, ""};
    } catch (const lockstep::error& e) {
      return {e.status(), e.what()};
    }
  }
};

}  // namespace support
