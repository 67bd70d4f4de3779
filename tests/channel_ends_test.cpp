#include "support/runtimes.hpp"
// The suite's runtimes come first.
#include <lockstep/testing/channel_ends.hpp>
#include <type_traits>

namespace {

using lockstep::receiver;
using lockstep::sender;

template <class View>
concept sends = requires(View v) { v.try_send(1); };
template <class View>
concept receives = requires(View v) { v.try_recv(); };
static_assert(sends<sender<int>> && !receives<sender<int>>);
static_assert(receives<receiver<int>> && !sends<receiver<int>>);
static_assert(std::is_trivially_copyable_v<sender<int>>);
static_assert(std::is_trivially_copyable_v<receiver<int>>);

}  // namespace
