// contracts.hpp: breaking a contract of the library, and living to tell.
#pragma once

#include <stdexcept>

#include "../contract.hpp"

namespace lockstep::testing {

// Turns broken contracts into exceptions for a scope.
class contracts_throw {
 public:
  struct violation : std::logic_error {
    using std::logic_error::logic_error;
  };
  contracts_throw()
      : previous_{
            set_contract_handler([](const contract_violation& v) { throw violation{v.rule}; })} {}
  contracts_throw(const contracts_throw&) = delete;
  ~contracts_throw() { set_contract_handler(previous_); }

 private:
  contract_handler previous_;
};

}  // namespace lockstep::testing
