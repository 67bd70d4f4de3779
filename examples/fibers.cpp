// A hundred thousand tasks in one thread: a chain of fibers, each of which adds one to what it gets.
#include <cstdio>
#include <list>
#include <lockstep/lockstep.hpp>
#include <lockstep/runtime/fibers.hpp>

int main() {
  constexpr int links = 100'000;
  const int sum = lockstep::fibers::run([] {
    std::list<lockstep::channel<int>> chain(1);
    for (int i = 0; i < links; ++i) {
      auto& in = chain.back();
      auto& out = chain.emplace_back();
      lockstep::go([&in, &out] { out.send(*in.recv() + 1); });
    }
    chain.front().send(0);
    return *chain.back().recv();
  });
  std::printf("%d fibers passed it on\n", sum);
}

// Output:
// 100000 fibers passed it on
