#include <lockstep/latch.hpp>

int main() {
  lockstep::latch original{1};
#ifdef LOCKSTEP_COMPILE_ERROR
  lockstep::latch copy{original};
#endif
  original.count_down();
}
