// channel.cpp: a pipeline. Each stage is a task that receives from one channel and sends to the
// next; closing a channel tells the stage behind it that nothing more will come.
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>

int main() {
  lockstep::channel<int> numbers;     // a rendezvous: a send ends when its value is received
  lockstep::channel<int> squares{4};  // a buffer: the sender may be four values ahead

  const auto count = lockstep::spawn([&] {
    for (int n = 1; n <= 5; ++n) numbers.send(n);
    numbers.close();
  });
  const auto square = lockstep::spawn([&] {
    for (const int n : numbers) squares.send(n * n);  // until closed and drained
    squares.close();
  });

  for (const int n : squares) std::printf("%d\n", n);

  // From a closed channel there is nothing to receive, now and for ever.
  std::printf("%s\n", to_string(squares.recv().status()));
}

// Output:
// 1
// 4
// 9
// 16
// 25
// closed
