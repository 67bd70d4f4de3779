// config.hpp: version, build options, and the inline namespace that carries them.
//
// Two translation units whose options differ in a way that changes layout or behaviour get
// differently named symbols: they coexist or fail to link, and never merge silently.
//
//   macro                  values    meaning
//   LOCKSTEP_FUTEX         1 | 0     threads sleep on a futex word | on std::atomic::wait
//   LOCKSTEP_EXCEPTIONS    1 | 0     outcomes of plain forms are thrown | go to the contract handler
#pragma once

#define LOCKSTEP_VERSION_MAJOR 0
#define LOCKSTEP_VERSION_MINOR 1
#define LOCKSTEP_VERSION_PATCH 0

#ifndef LOCKSTEP_FUTEX
#ifdef __linux__
#define LOCKSTEP_FUTEX 1
#else
#define LOCKSTEP_FUTEX 0
#endif
#endif

#ifndef LOCKSTEP_EXCEPTIONS
#ifdef __cpp_exceptions
#define LOCKSTEP_EXCEPTIONS 1
#else
#define LOCKSTEP_EXCEPTIONS 0
#endif
#endif

#define LOCKSTEP_PASTE_(major, minor, futex, exceptions) \
  v##major##_##minor##_f##futex##_e##exceptions
#define LOCKSTEP_PASTE(major, minor, futex, exceptions) \
  LOCKSTEP_PASTE_(major, minor, futex, exceptions)
#define LOCKSTEP_ABI                                                             \
  LOCKSTEP_PASTE(LOCKSTEP_VERSION_MAJOR, LOCKSTEP_VERSION_MINOR, LOCKSTEP_FUTEX, \
                 LOCKSTEP_EXCEPTIONS)

#if LOCKSTEP_EXCEPTIONS
#define LOCKSTEP_TRY try
#define LOCKSTEP_CATCH_ALL catch (...)
#define LOCKSTEP_RETHROW throw
#else
#define LOCKSTEP_TRY if constexpr (true)
#define LOCKSTEP_CATCH_ALL else
#define LOCKSTEP_RETHROW static_cast<void>(0)
#endif

// Out of line and rarely executed: keeps fast paths short.
#define LOCKSTEP_COLD [[gnu::noinline, gnu::cold]]
// Shared libraries too read these with one instruction; the library's thread-locals are 16 bytes.
#define LOCKSTEP_TLS [[gnu::tls_model("initial-exec")]] inline constinit thread_local

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LOCKSTEP_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define LOCKSTEP_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LOCKSTEP_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define LOCKSTEP_TSAN 1
#endif
#ifndef LOCKSTEP_ASAN
#define LOCKSTEP_ASAN 0
#endif
#ifndef LOCKSTEP_TSAN
#define LOCKSTEP_TSAN 0
#endif

// A function that returns the value of a thread-local, for code that may move to another thread: as
// it is never merged with an earlier call, it reads what belongs to the thread it then runs on.
#if defined(__clang__)
#define LOCKSTEP_ASKS_THREAD [[gnu::noinline]]
#else
#define LOCKSTEP_ASKS_THREAD [[gnu::noipa]]
#endif
