// task_group.cpp: a file in three parts, from three mirrors at once. A part is of no use without the
// others, so the first failure ends the other two downloads, which would take an hour.
#include <cstdio>
#include <lockstep/result_group.hpp>
#include <lockstep/task_group.hpp>
#include <lockstep/this_task.hpp>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using lockstep::status;

std::string checksum(int part) { return "checksum of part " + std::to_string(part); }

int main() {
  status downloads[3] = {};
  lockstep::task_group fetch;
  for (int part = 0; part < 3; ++part) {
    fetch.go([&downloads, part](const lockstep::context& ctx) {
      if (part == 1) throw std::runtime_error{"the second mirror does not know the file"};
      downloads[part] = lockstep::this_task::sleep_for(ctx, 1h);  // the download
      return downloads[part];
    });
  }
  try {
    fetch.wait();
  } catch (const std::exception& e) {
    std::printf("%s\n", e.what());
  }
  std::printf("the first: %s\n", to_string(downloads[0]));
  std::printf("the third: %s\n", to_string(downloads[2]));

  // Functions with results, two at a time.
  lockstep::result_group<std::string> verify;
  verify.set_limit(2);
  for (int part = 0; part < 3; ++part) verify.go([part] { return checksum(part); });
  for (const std::string& line : verify.wait()) std::printf("%s\n", line.c_str());
}

// Output:
// the second mirror does not know the file
// the first: cancelled
// the third: cancelled
// checksum of part 0
// checksum of part 1
// checksum of part 2
