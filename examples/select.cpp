// select.cpp: whichever comes first. One task gathers what several others send, without knowing who
// is next, and gives up waiting when nothing comes for a while.
#include <cstdio>
#include <lockstep/channel.hpp>
#include <lockstep/go.hpp>
#include <lockstep/select.hpp>
#include <string>
#include <utility>

int main() {
  using namespace std::chrono_literals;
  lockstep::channel<int> numbers;
  lockstep::channel<std::string> words;

  const auto count = lockstep::spawn([&] {
    for (int n = 1; n <= 100; ++n) numbers.send(n);
    numbers.close();
  });
  const auto talk = lockstep::spawn([&] {
    for (const char* word : {"so", "it", "goes"}) words.send(word);
    words.close();
  });

  // A view can be emptied: an empty one is never ready, which turns its case off.
  lockstep::receiver<int> from_numbers{numbers};
  lockstep::receiver<std::string> from_words{words};
  int sum = 0;
  std::string text;
  while (from_numbers || from_words) {
    const auto s = select(
        on_recv(from_numbers, [&](lockstep::outcome<int> n) { sum += std::move(n).value_or(0); }),
        on_recv(from_words, [&](lockstep::outcome<std::string> word) {
          if (word) text += " " + *word;
        }));
    if (s.status != lockstep::status::closed) continue;
    if (s.index == 0) from_numbers = {};
    if (s.index == 1) from_words = {};
  }
  std::printf("sum %d, text%s\n", sum, text.c_str());

  lockstep::channel<int> silent;
  select(on_recv(silent), lockstep::on_timeout(5ms, [] { std::printf("nothing came\n"); }));
  select(on_recv(silent), lockstep::on_default([] { std::printf("nothing there\n"); }));
}

// Output:
// sum 5050, text so it goes
// nothing came
// nothing there
