// timer.cpp: giving up, trying again, and a task that runs until it is told to stop.
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>
#include <lockstep/select.hpp>
#include <lockstep/timer.hpp>

using namespace std::chrono_literals;

// Asks up to three times, and waits longer each time.
void ask(lockstep::channel<int>& questions, lockstep::channel<int>& answers) {
  lockstep::timer patience{1ms};
  for (int attempt = 1; attempt <= 3; ++attempt) {
    questions.send(attempt);
    patience.reset(attempt < 3 ? 1ms : 1h);
    bool answered = false;
    select(on_recv(answers,
                   [&](int answer) {
                     std::printf("attempt %d: %d\n", attempt, answer);
                     answered = true;
                   }),
           on_recv(patience, [&](auto) { std::printf("attempt %d: no answer\n", attempt); }));
    if (answered) return;
  }
}

int main() {
  lockstep::channel<int> questions{3};
  lockstep::channel<int> answers;
  auto server = lockstep::spawn([&] {  // hears only the third time
    while (questions.recv() != 3) continue;
    answers.send(42);
  });
  ask(questions, answers);
  server.join();

  // A heartbeat in a fixed rhythm, however long a beat takes, until the channel is closed.
  lockstep::channel<void> stop;
  lockstep::channel<int> beats{3};
  auto heart = lockstep::spawn([&] {
    lockstep::ticker every{1ms};
    for (bool alive = true; alive;) {
      select(on_recv(every, [&](auto) { static_cast<void>(beats.try_send(1)); }),
             on_recv(stop, [&](lockstep::outcome<void>) { alive = false; }));
    }
  });
  for (int i = 0; i < 3; ++i) static_cast<void>(beats.recv());
  stop.close();
  heart.join();
  std::printf("three beats, then stopped\n");
}

// Output:
// attempt 1: no answer
// attempt 2: no answer
// attempt 3: 42
// three beats, then stopped
