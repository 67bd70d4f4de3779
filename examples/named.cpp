// named.cpp: objects that are known by name. Here tasks of one process share them; with another URL,
// processes do.
#include <cstdio>
#include <lockstep/lockstep.hpp>
#include <string>

namespace {

constexpr int workers = 3;

void work(const std::string& url) {
  auto sync = lockstep::connect(url);
  const bool leads =
      sync.value<std::string>("leader").set_if_absent("the first").status() == lockstep::status::ok;
  sync.latch("all here", workers).count_down();
  sync.gate("start").wait();
  sync.counter("pieces").add(leads ? 10 : 1);
  sync.wait_group("work").done();
}

}  // namespace

int main() {
  const std::string url = "local:named";
  auto sync = lockstep::connect(url);
  const auto epoch = sync.gate("start").set();  // closed, before anybody comes
  sync.wait_group("work").add(workers);
  for (int i = 0; i < workers; ++i) lockstep::go([&] { work(url); });

  sync.latch("all here", workers).wait();
  std::printf("all are here, %llu pieces done\n",
              static_cast<unsigned long long>(sync.counter("pieces").get()));
  sync.gate("start").unset(epoch);
  sync.wait_group("work").wait();
  std::printf("led by %s: %llu pieces done\n",
              sync.value<std::string>("leader").get()->value.c_str(),
              static_cast<unsigned long long>(sync.counter("pieces").get()));
}

// Output:
// all are here, 0 pieces done
// led by the first: 12 pieces done
