// output.hpp: what a run says: live on the terminal, and collected in files.
//
// Collected output is a tree <path>/<run>/<group>/<index>/ with run.out (one JSON object a line, in
// the shape of Testground's events; `event.type` and `event.message` as in its earlier versions
// beside it) and, for an instance that failed or did something doubtful, run.err. Files are opened when there is something to
// write, by one writer at a time, and never kept open: any number of instances needs one descriptor.
#pragma once

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "../clock.hpp"
#include "../detail/config.hpp"
#include "../error.hpp"
#include "../now.hpp"

namespace lockstep::inline LOCKSTEP_ABI::plan {

// What all instances of a run have in common.
struct run_info {
  std::string run_id;
  std::string test_case;
  std::string group = "single";
  std::uint64_t instances = 1;
  std::uint64_t seed = 0;  // of what is random in the run
  std::map<std::string, std::string> parameters;
};

class output {
 public:
  // collect: where to put the tree; empty for nowhere. now: the clock of the instances. silent: shows
  // nothing but what went wrong. Throws error{unavailable}, naming the path, if it cannot be made.
  output(run_info info, std::string collect, std::function<time_point()> now = &lockstep::now,
         bool silent = false)
      : info_{std::move(info)}, now_{std::move(now)}, silent_{silent} {
    if (collect.empty()) return;
    root_ = std::filesystem::path{collect} / info_.run_id / info_.group;
    std::error_code failed;
    std::filesystem::create_directories(root_, failed);
    if (failed) {
      throw error{status::unavailable,
                  "cannot collect output in '" + root_.string() + "': " + failed.message()};
    }
  }
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output() { flush(); }

  [[nodiscard]] const run_info& info() const noexcept { return info_; }
  [[nodiscard]] duration elapsed() const { return now_() - begun_; }

  void started(std::uint64_t instance) {
    if (!collects()) return;
    boost::json::object params;
    for (const auto& [name, value] : info_.parameters) params[name] = value;
    boost::json::object start{{"run", info_.run_id},  {"case", info_.test_case},
                              {"params", params},     {"instances", info_.instances},
                              {"group", info_.group}, {"group_instances", info_.instances}};
    record(instance, "start_event", "start", {{"runenv", std::move(start)}}, {});
  }
  // A message in the making: who says it and when, then what is appended to it.
  struct message {
    std::string line;
    std::size_t head;
  };
  [[nodiscard]] message begin_message(std::uint64_t instance) const {
    message m;
    m.line.reserve(160);
    char head[96];
    m.head = stamp(head, instance);
    m.line.append(head, m.head);
    return m;
  }
  // Shown at once on a terminal, and at the next show() elsewhere.
  void say(std::uint64_t instance, message&& m) {
    if (silent_) return;
    m.line += '\n';
    std::fwrite(m.line.data(), 1, m.line.size(), stdout);
    if (!collects()) return;
    const std::string text = m.line.substr(m.head, m.line.size() - m.head - 1);
    record(instance, "message_event", "message", {{"message", text}}, {{"message", text}});
  }
  static void show() { std::fflush(stdout); }
  void succeeded(std::uint64_t instance) {
    if (!collects()) return;
    record(instance, "success_event", "finish", {{"group", info_.group}}, {{"outcome", "ok"}});
  }
  void failed(std::uint64_t instance, const std::string& why) {
    const std::lock_guard hold{lock_};
    record(instance, "failure_event", "finish", {{"group", info_.group}, {"error", why}},
           {{"outcome", "aborted"}, {"error", why}});
    append(instance, "run.err", why + "\n");
  }
  // Something that may have gone wrong, collected only.
  void warned(std::uint64_t instance, const std::string& text) {
    const std::lock_guard hold{lock_};
    append(instance, "run.err", text + "\n");
  }
  // Ends the silence.
  void speak() { silent_ = false; }
  // A report or summary of the runner itself.
  void note(const std::string& text) {
    const std::lock_guard hold{lock_};
    if (silent_) return;
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }

  // Writes what is still buffered.
  void flush() noexcept {
    const std::lock_guard hold{lock_};
    for (auto& [file, text] : buffered_) write(file, text);
    buffered_.clear();
  }

 private:
  static constexpr std::size_t buffer_bytes = std::size_t{1} << 14U;

  [[nodiscard]] bool collects() const noexcept { return !root_.empty(); }

  // Writes "    1.234 s instance 7  ", the seconds since the beginning, and returns its length. (printf
  // takes 3 KiB of stack for a fraction, which would be a second page for each of a hundred thousand
  // fibers.)
  std::size_t stamp(char (&to)[96], std::uint64_t instance) const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed()).count();
    char* at = std::fill_n(to, 4, ' ');
    char whole[24];
    const char* const end = std::to_chars(whole, whole + sizeof whole, ms / 1000).ptr;
    at = std::copy<const char*>(whole, end, to + std::max<std::ptrdiff_t>(5 - (end - whole), 0));
    *at++ = '.';
    for (auto unit = 100; unit > 0; unit /= 10)
      *at++ = static_cast<char>('0' + ms % 1000 / unit % 10);
    at = std::copy_n(" s instance ", 12, at);
    at = std::to_chars(at, to + sizeof to, instance).ptr;
    return static_cast<std::size_t>(std::copy_n("  ", 2, at) - to);
  }

  // One line of run.out: the event under its present name, and its earlier form beside it.
  void record(std::uint64_t instance, const char* name, const char* type, boost::json::object event,
              boost::json::object earlier) {
    if (!collects()) return;
    const std::lock_guard hold{lock_};
    const auto now = system_clock::now().time_since_epoch();
    earlier["type"] = type;
    earlier[name] = std::move(event);
    const boost::json::object line{
        {"ts", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()},
        {"msg", ""},
        {"group_id", info_.group},
        {"run_id", info_.run_id},
        {"event", std::move(earlier)}};
    append(instance, "run.out", boost::json::serialize(line) + "\n");
  }

  void append(std::uint64_t instance, const char* file, const std::string& text) {
    if (!collects()) return;
    const auto path = root_ / std::to_string(instance) / file;
    std::string& buffer = buffered_[path.string()];
    buffer += text;
    if (buffer.size() >= buffer_bytes) write(path, std::exchange(buffer, {}));
  }

  // A file that cannot be written is said once; the run goes on.
  void write(const std::filesystem::path& file, const std::string& text) noexcept {
    std::error_code failed;
    std::filesystem::create_directories(file.parent_path(), failed);
    std::ofstream out{file, std::ios::app | std::ios::binary};
    out << text;
    if (out.flush()) return;
    if (!std::exchange(complained_, true)) {
      std::fprintf(stderr, "cannot write '%s'; collected output is incomplete\n", file.c_str());
    }
  }

  run_info info_;
  std::filesystem::path root_;
  std::function<time_point()> now_;
  bool silent_;
  time_point begun_ = now_();
  std::recursive_mutex lock_;
  std::unordered_map<std::string, std::string> buffered_;
  bool complained_ = false;
};

}  // namespace lockstep::inline LOCKSTEP_ABI::plan
