#include <lockstep/runtime/fibers.hpp>

#include "lockstep_peer.hpp"

int main(int argc, char** argv) {
  return compare::workloads<compare::lockstep_peer<lockstep::any_runtime>>::main(argc, argv);
}
