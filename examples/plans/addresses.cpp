// How do they find each other? Each publishes its address on a topic and reads those of all others:
// what is published is kept, so nobody comes too late for it. Then everybody calls everybody.
//
//   plans_addresses --instances 8
//   plans_addresses --instances 200 --runtime fibers
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <lockstep/random.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using address = std::string;
using address_book = std::vector<address>;

// Stands for opening a socket on a port that happens to be free.
address listen(const lockstep::run_env& env) {
  const auto host = std::to_string(env.index() / 256) + "." + std::to_string(env.index() % 256);
  return "10.0." + host + ":" + std::to_string(20'000 + lockstep::random() % 10'000);
}

// Stands for dialling: whoever listens there hears who calls.
void call(lockstep::client& sync, const address& to, const address& from) {
  sync.publish("calls to " + to, from);
}

// Publishes the own address, and waits for those of all n.
address_book exchange(lockstep::client& sync, const address& mine, std::uint64_t n) {
  auto [seq, all] = sync.publish_subscribe("addresses", mine);
  address_book book;
  while (book.size() < n) book.push_back(all.recv().value());
  if (book.at(seq - 1) != mine) throw std::logic_error{"an address is not in its place"};
  return book;
}

// All read the same, in the same order: the first to be here shows its book, the others compare.
void compare(lockstep::client& sync, const address_book& book) {
  auto shown = sync.value<address_book>("book");
  if (shown.set_if_absent(book)) return;
  if (shown.get()->value != book) throw std::logic_error{"two books are not the same"};
}

// Waits for the calls of all others.
void answer(lockstep::client& sync, const address& mine, const address_book& book) {
  std::set<address> expected{book.begin(), book.end()};
  if (expected.size() != book.size()) throw std::logic_error{"two have the same address"};
  expected.erase(mine);
  auto calls = sync.subscribe<address>("calls to " + mine);
  while (!expected.empty()) {
    const auto from = calls.recv().value();
    if (expected.erase(from) == 0) throw std::logic_error{"a stranger calls, or one calls again"};
  }
}

void addresses(lockstep::run_env& env, lockstep::client& sync) {
  const auto others = env.instance_count() - 1;
  const auto mine = listen(env);
  const auto book = exchange(sync, mine, others + 1);
  compare(sync, book);
  for (const auto& to : book) {
    if (to != mine) call(sync, to, mine);
  }
  answer(sync, mine, book);
  env.message("I am ", mine, " and have heard from ", others, " others");

  const auto seq = sync.signal_and_wait("heard all", others + 1);  // there are no more calls
  const auto calls = sync.topic<address>("calls to " + mine).last();
  if (calls != others) throw std::logic_error{"somebody has called twice"};
  if (seq == 1) env.message("Everybody has called everybody");
}

}  // namespace

int main(int argc, char** argv) {
  return lockstep::plan_main(argc, argv, {{"addresses", addresses}});
}

// Says: Everybody has called everybody
