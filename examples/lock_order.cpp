// lock_order.cpp: a deadlock that has not happened yet. Two clerks move money in opposite directions
// and lock the accounts in opposite orders; today they did not meet. The watch says so all the same,
// with each clerk and line, and is content when both take the accounts in one order.
#include <cstdio>
#include <lockstep/go.hpp>
#include <lockstep/guards.hpp>
#include <lockstep/mutex.hpp>
#include <lockstep/watch.hpp>

struct account {
  lockstep::mutex lock;
  int balance = 100;
};

void transfer(account& from, account& to, int amount) {
  const lockstep::holding source{from.lock};
  const lockstep::holding target{to.lock};
  from.balance -= amount;
  to.balance += amount;
}

// Takes the locks in the order of their addresses.
void transfer_in_order(account& from, account& to, int amount) {
  const bool in_order = &from < &to;
  const lockstep::holding first{(in_order ? from : to).lock};
  const lockstep::holding second{(in_order ? to : from).lock};
  from.balance -= amount;
  to.balance += amount;
}

template <class Transfer>
void audit(const char* name, Transfer move) {
  std::printf("%s:\n", name);
  const lockstep::lock_watch watch{{.report = [](const lockstep::lock_report& r) {
    std::printf("  %zu locks in a circle\n", r.parts().size());
    for (const auto& part : r.parts()) {
      std::printf("  %s wanted one lock while it held another\n", part.task.c_str());
    }
  }}};
  account anns;
  account bobs;
  lockstep::spawn("Ann", [&] { move(anns, bobs, 10); }).join();
  lockstep::spawn("Bob", [&] { move(bobs, anns, 20); }).join();
}

int main() {
  audit("in opposite orders", transfer);
  audit("in one order", transfer_in_order);
}

// Output:
// in opposite orders:
//   2 locks in a circle
//   task 'Bob' wanted one lock while it held another
//   task 'Ann' wanted one lock while it held another
// in one order:
