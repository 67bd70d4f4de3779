// fwd.hpp: names of the library, for headers that only mention them.
#pragma once

#include "detail/config.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

struct threads_runtime;
struct any_runtime;

class context;
class cancel_scope;
template <class T>
class context_key;
class error;
template <class T>
class outcome;

template <class T, class R>
class basic_channel;
template <class T, class R>
class basic_sender;
template <class T, class R>
class basic_receiver;
template <class T, class R>
class basic_topic;
template <class T, class R>
class basic_subscription;
template <class R>
class basic_barrier;
template <class R>
class basic_condition_variable;
template <class R>
class basic_event;
template <class R>
class basic_latch;
template <class R>
class basic_mutex;
template <class R>
class basic_once;
template <class T, class R>
class basic_once_value;
template <class T, class R>
class basic_result_group;
template <class R>
class basic_semaphore;
template <class R>
class basic_shared_mutex;
template <class R>
class basic_task_group;
template <class R>
class basic_ticker;
template <class R>
class basic_timer;
template <class R>
class basic_wait_group;

template <class Mutex>
class holding;
template <class Mutex>
class holding_shared;
class lock_report;
class lock_watch;
class dump_on_signal;

class client;
class run_env;

namespace detail {
struct limit;
class context_access;
class channel_access;
}  // namespace detail

}  // namespace lockstep::inline LOCKSTEP_ABI
