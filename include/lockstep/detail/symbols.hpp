// symbols.hpp: what code an address belongs to: function, and where there is debug information,
// file and line, of the functions inlined there too.
//
// The dynamic linker knows only what a program exports, and a debugger's tables want a reader:
// binutils' addr2line is one, and unlike Boost.Stacktrace's use of it this one asks for inlined
// functions, without which optimised code has no user's line. It is run when a report needs it, once
// for each address; where there is none, the dynamic linker's answer has to do.
#pragma once

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "config.hpp"

namespace lockstep::inline LOCKSTEP_ABI::detail {

struct code_line {
  std::string function;  // mangled; "" where unknown
  std::string file;      // "" where unknown
  unsigned line = 0;
};

[[nodiscard]] inline std::string demangled(const std::string& name) {
  int failed = 0;
  char* const text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &failed);
  std::string result = failed == 0 && text != nullptr ? text : name;
  std::free(text);
  return result;
}

class symbols {
 public:
  // The lines of each of the return addresses, the innermost inlined function first; none of code
  // of the system's libraries.
  static std::vector<code_line> lines(void* const* frames, int n) {
    static auto& self = *new symbols;  // reports may be made after main
    const std::lock_guard hold{self.lock_};
    self.learn(frames, n);
    std::vector<code_line> all;
    for (int i = 0; i < n; ++i) {
      const auto& of_frame = self.known_[frames[i]];
      all.insert(all.end(), of_frame.begin(), of_frame.end());
    }
    return all;
  }

 private:
  // Addresses by the file that holds their code.
  using questions = std::map<std::string, std::vector<void*>>;

  void learn(void* const* frames, int n) {
    questions open;
    for (int i = 0; i < n; ++i) {
      Dl_info in{};
      if (known_.count(frames[i]) != 0 || ::dladdr(call_of(frames[i]), &in) == 0) continue;
      auto& lines = known_[frames[i]];
      if (is_of_system(in.dli_fname)) continue;
      if (in.dli_sname != nullptr) lines.push_back({in.dli_sname, "", 0});
      open[in.dli_fname].push_back(frames[i]);
    }
    for (const auto& [module, addresses] : open) ask(module, addresses);
  }

  // A return address may be the first of the next line, or function; the call lies before it.
  static void* call_of(void* frame) { return static_cast<char*>(frame) - 1; }
  static bool is_of_system(const char* module) {
    return std::strncmp(module, "/usr/lib/", 9) == 0 || std::strncmp(module, "/lib/", 5) == 0;
  }

  void ask(const std::string& module, const std::vector<void*>& addresses) {
    std::string command = "addr2line -a -i -f -e '" + path_of(module) + "'";
    for (void* const address : addresses) {
      char text[32];
      std::snprintf(text, sizeof text, " %#llx", in_file(address));
      command += text;
    }
    std::FILE* const answer = ::popen((command + " 2>/dev/null").c_str(), "r");
    if (answer == nullptr) return;
    read(answer, addresses);
    ::pclose(answer);
  }

  // An address, then two lines for each function: its name, and file:line.
  void read(std::FILE* answer, const std::vector<void*>& addresses) {
    std::size_t at = 0;
    std::vector<code_line>* lines = nullptr;
    char text[4096];
    while (std::fgets(text, sizeof text, answer) != nullptr) {
      text[std::strcspn(text, "\n")] = 0;
      if (std::strncmp(text, "0x", 2) == 0) {
        if (at == addresses.size()) return;
        lines = &known_[addresses[at++]];
        continue;
      }
      code_line line{std::strcmp(text, "??") == 0 ? "" : text, "", 0};
      if (lines == nullptr || std::fgets(text, sizeof text, answer) == nullptr) return;
      if (char* const colon = std::strrchr(text, ':'); colon != nullptr && *text != '?') {
        line.line = static_cast<unsigned>(std::strtoul(colon + 1, nullptr, 10));
        line.file.assign(text, colon);
      }
      if (line.function.empty()) continue;
      if (lines->size() == 1 && lines->front().file.empty()) lines->clear();  // this is better
      lines->push_back(std::move(line));
    }
  }

  // The main program may be known by a name that is relative to where it was started.
  static std::string path_of(const std::string& module) {
    return module.find('/') == 0 ? module : "/proc/" + std::to_string(::getpid()) + "/exe";
  }

  // The address as the file has it.
  static unsigned long long in_file(void* address) {
    Dl_info in{};
    void* const call = call_of(address);
    if (::dladdr(call, &in) == 0) return 0;
    const auto* const header = static_cast<const ElfW(Ehdr)*>(in.dli_fbase);
    const auto base = header->e_type == ET_EXEC ? 0 : reinterpret_cast<std::uintptr_t>(header);
    return reinterpret_cast<std::uintptr_t>(call) - base;
  }

  std::mutex lock_;
  std::map<void*, std::vector<code_line>> known_;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::detail
