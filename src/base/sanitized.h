/* SPDX-License-Identifier: MIT */
/* Which sanitizers this is compiled for, in one set of words for gcc and clang:
 * SNT__ASAN, SNT__TSAN, SNT__MSAN. */
#ifndef SNT_BASE_SANITIZED_H
#define SNT_BASE_SANITIZED_H

#ifdef __SANITIZE_ADDRESS__
#define SNT__ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define SNT__TSAN 1
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SNT__ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define SNT__TSAN 1
#endif
#if __has_feature(memory_sanitizer)
#define SNT__MSAN 1
#endif
#endif

#endif
