// Who does what? Nobody is told beforehand: the order of arrival decides. The first is the host and
// publishes how the run is set up; the next are servers; all others are clients.
//
//   plans_roles --instances 8
//   plans_roles --instances 1000 --runtime fibers --param servers=10
#include <algorithm>
#include <cstdint>
#include <lockstep/lockstep.hpp>
#include <lockstep/plan/main.hpp>
#include <stdexcept>
#include <string>

namespace {

struct setup {
  std::uint64_t servers;
  std::uint64_t clients;
  std::string greeting;
};

// Both sides work out the names of their topics from numbers that they know.
std::string requests_to(std::uint64_t server) { return "requests to " + std::to_string(server); }
std::string answers_to(std::uint64_t client) { return "answers to " + std::to_string(client); }
std::string greeting_of(std::uint64_t server, const setup& s) {
  return s.greeting + " from server " + std::to_string(server);
}

// Decides for all: those who come later go by what it has published.
void host(lockstep::run_env& env, lockstep::client& sync) {
  const auto others = env.instance_count() - 1;
  const auto servers = std::min(env.param<std::uint64_t>("servers", 2), others);
  if (servers == 0 && others > 0) throw std::invalid_argument{"clients need a server"};
  sync.publish("setup", setup{servers, others - servers, "welcome"});
  sync.barrier("client served", others - servers).wait();
  sync.barrier("server closed", servers).wait();
  if (sync.counter("answers").get() != others - servers) {
    throw std::logic_error{"there were more answers than clients"};
  }
  env.message("All clients were served");
}

// Answers until there is nobody left to ask.
void serve(lockstep::run_env& env, lockstep::client& sync, std::uint64_t seq, const setup& s) {
  auto requests = sync.subscribe<std::uint64_t>(requests_to(seq));
  auto all_served = sync.barrier("client served", s.clients);
  std::uint64_t answers = 0;
  const auto answer = [&](std::uint64_t client) {
    sync.publish(answers_to(client), greeting_of(seq, s));
    ++answers;
  };
  for (bool open = true; open;) {
    lockstep::select(lockstep::on_recv(requests, answer),
                     lockstep::on_ready(all_served, [&] { open = false; }));
  }
  env.message("Server ", seq, " has answered ", answers, " clients");
  sync.counter("answers").add(answers);
  if (sync.signal_entry("server closed") > s.servers) throw std::logic_error{"too many servers"};
}

void ask(lockstep::run_env& env, lockstep::client& sync, std::uint64_t seq, const setup& s) {
  const auto server = 2 + seq % s.servers;  // the servers have the numbers from 2 on
  sync.publish(requests_to(server), seq);
  const auto answer = sync.subscribe<std::string>(answers_to(seq)).recv().value();
  if (answer != greeting_of(server, s)) throw std::logic_error{"another server has answered"};
  env.message("Client ", seq, " got: ", answer);
  if (sync.signal_entry("client served") > s.clients) throw std::logic_error{"too many clients"};
}

void roles(lockstep::run_env& env, lockstep::client& sync) {
  const auto seq = sync.signal_entry("arrived");  // 1, 2, 3, ..., each once
  if (seq == 1) return host(env, sync);
  const auto s = sync.subscribe<setup>("setup").recv().value();  // waits for the host
  seq <= 1 + s.servers ? serve(env, sync, seq, s) : ask(env, sync, seq, s);
}

}  // namespace

int main(int argc, char** argv) { return lockstep::plan_main(argc, argv, {{"roles", roles}}); }

// Says: All clients were served
