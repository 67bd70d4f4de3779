// sim.hpp: the runtime whose tasks are simulated: one at a time, in an order that a seed decides, with
// a clock that only moves when nobody can go on.
//
//   const auto s = lockstep::sim::run([] {
//     lockstep::channel<int> ch;
//     lockstep::go([&] { lockstep::this_task::sleep_for(1h); ch.send(1); });
//     return *ch.recv();  // an hour later, at once
//   });
//
// The same program with the same seed takes the same steps. What is random in it has to come from the
// library (select, lockstep::random), its times too (lockstep::now), and no step may depend on the
// addresses of objects. Everything on `any`, or bound to `sim_runtime`, is simulated; anything else
// that blocks (files, other libraries' locks) stops the whole world, and its clock.
//
// Semantics and ordering: those of threads; all of it happens on one thread, so data races show only
// as what they do. Stacks are those of fibers (fibers.hpp). Needs: Boost.Context.
#pragma once

#include "../detail/config.hpp"
#include "../fwd.hpp"
#include "sim/sim_runtime.hpp"
#include "sim/world.hpp"

namespace lockstep::inline LOCKSTEP_ABI::sim {

// The primitives bound to simulations. What waits in them has to be a simulated task.
template <class T>
using channel = basic_channel<T, sim_runtime>;
template <class T>
using sender = basic_sender<T, sim_runtime>;
template <class T>
using receiver = basic_receiver<T, sim_runtime>;
template <class T>
using topic = basic_topic<T, sim_runtime>;
template <class T>
using subscription = basic_subscription<T, sim_runtime>;
template <class T>
using once_value = basic_once_value<T, sim_runtime>;
template <class T>
using result_group = basic_result_group<T, sim_runtime>;
using barrier = basic_barrier<sim_runtime>;
using condition_variable = basic_condition_variable<sim_runtime>;
using event = basic_event<sim_runtime>;
using latch = basic_latch<sim_runtime>;
using mutex = basic_mutex<sim_runtime>;
using once = basic_once<sim_runtime>;
using semaphore = basic_semaphore<sim_runtime>;
using shared_mutex = basic_shared_mutex<sim_runtime>;
using task_group = basic_task_group<sim_runtime>;
using ticker = basic_ticker<sim_runtime>;
using timer = basic_timer<sim_runtime>;
using wait_group = basic_wait_group<sim_runtime>;

}  // namespace lockstep::inline LOCKSTEP_ABI::sim
