/* SPDX-License-Identifier: MIT */
/*
 * Time, error codes and the few macros every sennit program uses.
 *
 * A call that can fail returns a negative code: -1 to -4095 is the negated
 * errno(3) value, below that come sennit's own (SNT_E...). errno itself is
 * never an answer: it is per thread, and fibers share their thread.
 */
#ifndef SENNIT_BASE_H
#define SENNIT_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SNT_API __attribute__((visibility("default")))
#define SNT_MUST_CHECK __attribute__((warn_unused_result))

#define SNT_VERSION_MAJOR 0
#define SNT_VERSION_MINOR 1
#define SNT_VERSION_PATCH 0

/* "0.1.0", of the library that is running. A static string. */
SNT_API const char *snt_version(void);

/*
 * Time is a count of nanoseconds, in a signed 64-bit integer.
 * Where a duration is asked for: 0 is "unset", SNT_NOWAIT means "do not wait
 * at all", SNT_FOREVER means "no limit"; so a nested limit is a plain minimum.
 */
#define SNT_MICROSECOND INT64_C(1000)
#define SNT_MILLISECOND INT64_C(1000000)
#define SNT_SECOND INT64_C(1000000000)
#define SNT_MINUTE (60 * SNT_SECOND)
#define SNT_NOWAIT INT64_C(-1)
#define SNT_FOREVER INT64_MAX

/* Codes of our own; returned negated, like errno values. */
#define SNT_EEND 5001     /* the stream ended inside a message */
#define SNT_ENONAME 5002  /* the name does not exist, or has no address */
#define SNT_ERESOLVE 5003 /* the name could not be looked up now */
#define SNT_ELIMIT 5004   /* a named limit was exceeded; nothing is lost */
#define SNT_ETHREAD 5005  /* the handle belongs to another thread */
#define SNT_EFORK 5006    /* after fork(2): the fibers stayed with the parent */
#define SNT_ESIMULATION 5007  /* a simulated world has failed */
#define SNT_ETLS 5008         /* TLS failed, and no certificate is the reason */
#define SNT_ECERTIFICATE 5009 /* a certificate was refused */
#define SNT_ETRUNCATED 5010   /* the stream was cut without a goodbye */

/*
 * What a code means, without its circumstances: "connection refused" for
 * -ECONNREFUSED. A static string, never NULL, for every int.
 */
SNT_API const char *snt_strerror(int code);

/*
 * The calling fiber's last failure in one line, with address and cause:
 * "connect 127.0.0.1:80: connection refused". Never NULL; empty when nothing
 * failed yet. Lends: valid until this fiber's next failing call. Joining a
 * failed fiber or group copies its line to whoever joins.
 */
SNT_API const char *snt_errmsg(void);

/*
 * How many bytes the calling fiber's last failing call had moved before it
 * failed (snt_sendall, snt_recv_exact, snt_flush and their like); 0 for others.
 */
SNT_API size_t snt_done(void);

/*
 * A failure of the program's own, in the same manner: records the formatted
 * text as the calling fiber's last failure and returns code (negative), so
 * that whoever joins this fiber is told as well:
 * return snt_fail(-EPROTO, "%s: no greeting", peer);
 */
SNT_API int snt_fail(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Hands a failure up: evaluates call once and, when it is negative, returns
 * it from the enclosing function. A count is kept by assigning inside:
 * SNT_TRY(n = snt_recv(s, buf, sizeof buf));
 */
#define SNT_TRY(call)                                                          \
	do {                                                                   \
		ptrdiff_t snt_try_code_ = (call);                              \
		if (snt_try_code_ < 0)                                         \
			return (int)snt_try_code_;                             \
	} while (0)

/*
 * Python's "with": snt_auto(socket) s = NULL; declares a struct snt_socket *
 * that is closed when its scope ends, whichever way it ends. Exists for
 * socket, stream, group, event, semaphore, mutex, channel, signals, selector,
 * workers, tls_context, tls_session, interface_list, seq and seq_endpoint.
 */
#define snt_auto(kind)                                                         \
	__attribute__((cleanup(snt_auto_##kind))) struct snt_##kind *

#ifdef __cplusplus
}
#endif
#endif
