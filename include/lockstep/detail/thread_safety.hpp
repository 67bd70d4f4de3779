// thread_safety.hpp: words for clang's -Wthread-safety, which checks at compile time that data is
// touched only under its lock; nothing on other compilers.
//
//   lockstep::mutex m;
//   int balance LOCKSTEP_GUARDED_BY(m);
//   void add(int n) LOCKSTEP_REQUIRES(m);
//
// std::lock_guard is not annotated in every standard library: use the guards of guards.hpp. What
// returns a status is not either, as the analysis knows only bool: after an ok, say assert_held().
#pragma once

#if defined(__clang__)
#define LOCKSTEP_THREAD_SAFETY(x) __attribute__((x))
#else
#define LOCKSTEP_THREAD_SAFETY(x)
#endif

// Of types: something that can be held; a guard.
#define LOCKSTEP_CAPABILITY(name) LOCKSTEP_THREAD_SAFETY(capability(name))
#define LOCKSTEP_SCOPED_CAPABILITY LOCKSTEP_THREAD_SAFETY(scoped_lockable)
// Of data.
#define LOCKSTEP_GUARDED_BY(lock) LOCKSTEP_THREAD_SAFETY(guarded_by(lock))
#define LOCKSTEP_PT_GUARDED_BY(lock) LOCKSTEP_THREAD_SAFETY(pt_guarded_by(lock))
// Of functions: what the caller holds, or must not.
#define LOCKSTEP_REQUIRES(...) LOCKSTEP_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define LOCKSTEP_REQUIRES_SHARED(...) \
  LOCKSTEP_THREAD_SAFETY(requires_shared_capability(__VA_ARGS__))
#define LOCKSTEP_EXCLUDES(...) LOCKSTEP_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
// Of functions: what they do. Their own bodies are not checked.
#define LOCKSTEP_ACQUIRE(...) \
  LOCKSTEP_THREAD_SAFETY(acquire_capability(__VA_ARGS__)) LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_ACQUIRE_SHARED(...)                             \
  LOCKSTEP_THREAD_SAFETY(acquire_shared_capability(__VA_ARGS__)) \
  LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_TRY_ACQUIRE(...) \
  LOCKSTEP_THREAD_SAFETY(try_acquire_capability(__VA_ARGS__)) LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_TRY_ACQUIRE_SHARED(...)                             \
  LOCKSTEP_THREAD_SAFETY(try_acquire_shared_capability(__VA_ARGS__)) \
  LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_RELEASE(...) \
  LOCKSTEP_THREAD_SAFETY(release_capability(__VA_ARGS__)) LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_RELEASE_SHARED(...)                             \
  LOCKSTEP_THREAD_SAFETY(release_shared_capability(__VA_ARGS__)) \
  LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS
#define LOCKSTEP_ASSERT_HELD(...) LOCKSTEP_THREAD_SAFETY(assert_capability(__VA_ARGS__))
#define LOCKSTEP_NO_THREAD_SAFETY_ANALYSIS LOCKSTEP_THREAD_SAFETY(no_thread_safety_analysis)
