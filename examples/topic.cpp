// topic.cpp: news for everybody. Each subscriber reads all of it, from the first item on, at its own
// pace; one that comes late reads the history first, as far as it is kept.
#include <cstdio>
#include <lockstep/go.hpp>
#include <lockstep/topic.hpp>
#include <string>

int main() {
  lockstep::topic<std::string> news;
  auto reader = lockstep::spawn([sub = news.subscribe()]() mutable {
    std::string all;
    for (const std::string& item : sub) all += item + ".";  // until the topic is closed
    return all;
  });
  news.publish("rain");
  const auto seq = news.publish("sun");
  std::printf("published %d items\n", static_cast<int>(seq));
  auto late = news.subscribe();
  news.publish("wind");
  news.close();
  std::printf("the reader has %s\n", reader.join().c_str());
  std::printf("the late one begins with %s\n", late.recv()->c_str());

  // What is not kept for ever may be missed, but never without a word.
  lockstep::topic<int> ticks{lockstep::keep_last{3}};
  auto slow = ticks.subscribe();
  for (int tick = 1; tick <= 10; ++tick) ticks.publish(tick);
  std::printf("the slow one gets: %s\n", to_string(slow.recv().status()));
  while (auto tick = slow.try_recv()) std::printf("tick %d\n", *tick);
}

// Output:
// published 2 items
// the reader has rain.sun.wind.
// the late one begins with rain
// the slow one gets: gap
// tick 8
// tick 9
// tick 10
