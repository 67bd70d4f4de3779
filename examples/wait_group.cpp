// wait_group.cpp: waiting for tasks of which nobody knows beforehand how many there will be.
#include <atomic>
#include <cstdio>
#include <lockstep/wait_group.hpp>
#include <vector>

struct folder {
  int files;
  std::vector<folder> folders;
};

// Counts the files of one folder, with a task for each folder in it. A task counts its children in
// before it is counted out itself, so the group is empty only when all of the tree was seen.
void count_files(const folder& f, std::atomic<int>& total, lockstep::wait_group& tasks) {
  total += f.files;
  for (const folder& child : f.folders) {
    tasks.go([&] { count_files(child, total, tasks); });
  }
}

int main() {
  const folder root{1, {{10, {{100, {}}, {200, {}}}}, {20, {{300, {{1000, {}}}}}}}};
  std::atomic<int> total{0};
  lockstep::wait_group tasks;
  count_files(root, total, tasks);
  tasks.wait();
  std::printf("%d files\n", total.load());
}

// Output:
// 1631 files
