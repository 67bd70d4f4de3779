// context_value.cpp: a request carries its id through layers that do not know it, and its end is
// explained.
#include <cstdio>
#include <exception>
#include <lockstep/after_func.hpp>
#include <lockstep/context_value.hpp>
#include <lockstep/latch.hpp>
#include <stdexcept>

const lockstep::context_key<int> request_id;

void log(const lockstep::context& ctx, const char* text) {
  const int* id = ctx.value(request_id);
  std::printf("[%d] %s\n", id != nullptr ? *id : 0, text);
}

// Knows nothing of requests.
void query(const lockstep::context& ctx) {
  if (!ctx.done()) return log(ctx, "querying");
  try {
    std::rethrow_exception(ctx.cause());
  } catch (const std::exception& e) {
    log(ctx, e.what());
  }
}

int main() {
  lockstep::cancel_scope request{with_value(lockstep::background(), request_id, 7)};
  const lockstep::context& ctx = request.context();
  query(ctx);

  // When the request is over, its connection goes back to the pool: in a task of its own.
  lockstep::latch returned{1};
  const auto cleanup = lockstep::after_func(ctx, [&] { returned.count_down(); });
  request.cancel(std::runtime_error{"the client has hung up"});
  returned.wait();
  query(ctx);

  // What has to be finished anyway keeps the values, and does not end.
  query(without_cancel(ctx));
  query({});
}

// Output:
// [7] querying
// [7] the client has hung up
// [7] querying
// [0] querying
