// subprocess.hpp: running a program and looking at how it ended and what it wrote.
#pragma once

#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace support {

struct ended_process {
  int status = -1;     // as given to exit; -1 if a signal ended it
  std::string output;  // what it wrote to both streams
  std::chrono::steady_clock::duration took{};

  // How often a text occurs in the output.
  [[nodiscard]] int count(const std::string& text) const {
    int n = 0;
    for (auto at = output.find(text); at != std::string::npos; at = output.find(text, at + 1)) ++n;
    return n;
  }
};

// Runs a command line of the shell to its end.
inline ended_process run_command(const std::string& command) {
  ended_process p;
  const auto begun = std::chrono::steady_clock::now();
  std::FILE* pipe = ::popen(("exec " + command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error{"cannot run " + command};
  char text[4096];
  while (const auto n = std::fread(text, 1, sizeof text, pipe)) p.output.append(text, n);
  const int how = ::pclose(pipe);
  if (WIFEXITED(how)) p.status = WEXITSTATUS(how);
  p.took = std::chrono::steady_clock::now() - begun;
  return p;
}

// Runs a program of plans; LOCKSTEP_PLAN_RUNTIME says on what, unless the flags do.
inline ended_process run_plan(const std::string& program, const std::string& flags) {
  const char* const runtime = std::getenv("LOCKSTEP_PLAN_RUNTIME");
  const bool told = flags.find("--runtime") != std::string::npos;
  return run_command("'" + program + "' " + flags +
                     (runtime != nullptr && !told ? " --runtime " + std::string{runtime} : ""));
}

}  // namespace support
