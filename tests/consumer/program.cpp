#include <lockstep/lockstep.hpp>

int main() {
  lockstep::channel<int> ch;
  lockstep::wait_group wg;
  wg.go([&] { ch.send(42); });
  auto v = ch.recv();
  wg.wait();
  return *v == 42 ? 0 : 1;
}
