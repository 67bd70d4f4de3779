// boost_tsan.hpp: what the thread sanitizer says of the installed libboost_thread and is not so. One
// file of a program includes it.
#pragma once

#include <lockstep/detail/config.hpp>

#if LOCKSTEP_TSAN
// The library is not instrumented: that its reference counts order the last use of a thread's data
// before its destruction is not seen.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:boost::detail::thread_data_base::~thread_data_base\n"
         "race:boost::checked_delete\n";
}
#endif
