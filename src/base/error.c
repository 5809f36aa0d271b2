/* SPDX-License-Identifier: MIT */
/*
 * Codes to words, and the failing fiber's one line. Knows nothing of fibers
 * beyond the context that the fiber floor points at.
 */
#include "base/error.h"

#include "base/alloc.h"
#include "base/thread.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Thread_local struct snt__context *snt__context;
static _Thread_local struct snt__context thread_context;

static const struct {
	int code;
	const char *words;
} own_words[] = {
	{ SNT_EEND, "stream ended inside a message" },
	{ SNT_ENONAME, "name does not exist or has no address" },
	{ SNT_ERESOLVE, "name could not be looked up now" },
	{ SNT_ELIMIT, "limit exceeded" },
	{ SNT_ETHREAD, "it belongs to another thread" },
	{ SNT_EFORK, "the loop stayed with the parent process" },
	{ SNT_ESIMULATION, "the simulated world has failed" },
	{ SNT_ETLS, "TLS failed" },
	{ SNT_ECERTIFICATE, "certificate refused" },
	{ SNT_ETRUNCATED, "stream was cut without a goodbye (truncated)" },
	/* The C library's words for these are capitalized, or speak of files,
	 * programs and calls; and musl's are others, where traces of simulated
	 * worlds have to be the same. */
	{ EACCES, "permission denied" },
	{ EADDRINUSE, "address already in use" },
	{ EADDRNOTAVAIL, "address not available here, or no port free" },
	{ EAFNOSUPPORT, "address family not supported" },
	{ EAGAIN, "would have to wait" },
	{ EALREADY, "already under way" },
	{ EBADF, "handle is closed" },
	{ EBADMSG, "malformed message" },
	{ EBUSY, "another fiber is in the midst of the same" },
	{ ECANCELED, "cancelled" },
	{ ECONNABORTED, "connection aborted" },
	{ ECONNREFUSED, "connection refused" },
	{ ECONNRESET, "connection reset by peer" },
	{ EDEADLK,
	  "would wait for itself, or in a callback, where nothing can" },
	{ EDESTADDRREQ, "no address to send to" },
	{ EEXIST, "it exists already" },
	{ EFAULT, "no such memory" },
	{ EHOSTUNREACH, "host unreachable" },
	{ EILSEQ, "not valid text" },
	{ EINPROGRESS, "under way" },
	{ EINTR, "interrupted" },
	{ EINVAL, "invalid argument" },
	{ EIO, "input or output error" },
	{ EISCONN, "already connected" },
	{ EISDIR, "it is a directory" },
	{ EMFILE, "no descriptors left in this process (see ulimit -n)" },
	{ EMSGSIZE, "message too long" },
	{ ENAMETOOLONG, "name too long" },
	{ ENETDOWN, "network is down" },
	{ ENETUNREACH, "network unreachable" },
	{ ENFILE, "no descriptors left on this system" },
	{ ENOBUFS, "out of buffer memory" },
	{ ENODATA, "no data" },
	{ ENODEV, "no such interface" },
	{ ENOENT, "no such file or directory" },
	{ ENOMEM, "out of memory" },
	{ ENOPROTOOPT, "no such option here" },
	{ ENOSPC, "no space left" },
	{ ENOSYS, "not known to this kernel" },
	{ ENOTCONN, "not connected" },
	{ ENOTDIR, "not a directory" },
	{ ENOTSOCK, "not a socket" },
	{ ENXIO, "no such device or address" },
	{ EOPNOTSUPP, "not supported here" },
	{ EOVERFLOW, "number too large" },
	{ EPERM, "not permitted" },
	{ EPIPE, "peer takes no more (broken pipe)" },
	{ EPROTO, "protocol error" },
	{ EPROTONOSUPPORT, "protocol not supported" },
	{ EPROTOTYPE, "no socket of this type" },
	{ ESOCKTNOSUPPORT, "no such type here (SEQPACKET: only Unix sockets)" },
	{ ESPIPE, "it has no positions, so none to begin at" },
	{ ESRCH, "no such process" },
	{ ETIME, "timer expired" },
	{ ETIMEDOUT, "timed out" },
	{ ETOOMANYREFS, "too many descriptors on their way" },
};

const char *snt_strerror(int code)
{
	const char *words = NULL;

	/* Kept positive: negating INT_MIN would overflow. */
	if (code > 0 || code < -65535)
		return code > 0 ? "no error" : "unknown error";
	if (code == 0)
		return "no error";
	for (size_t i = 0; i < sizeof own_words / sizeof own_words[0]; i++)
		if (own_words[i].code == -code)
			return own_words[i].words;
#ifdef __GLIBC__
	/* Unlike strerror it has no buffer and no locale. */
	words = strerrordesc_np(-code);
#else
	/* musl has words for a code that is none, too. */
	words = strerror(-code);
	if (strcmp(words, strerror(65535)) == 0)
		words = NULL;
#endif
	return words != NULL ? words : "unknown error";
}

static void end_thread_context(void)
{
	snt__context_reset(&thread_context);
}

struct snt__context *snt__context_now(void)
{
	return snt__context != NULL ? snt__context : &thread_context;
}

const char *snt_errmsg(void)
{
	const struct snt__context *context = snt__context_now();

	if (context->code == 0)
		return "";
	if (context->message == NULL || context->message[0] == '\0')
		return snt_strerror(context->code);
	return context->message;
}

size_t snt_done(void)
{
	return snt__context_now()->done;
}

static char *message_buffer(struct snt__context *context)
{
	if (context->message != NULL)
		return context->message;
	context->message = snt__alloc(SNT__MESSAGE_MAX);
	if (context->message != NULL && context == &thread_context)
		snt__at_thread_end(end_thread_context);
	return context->message;
}

/* vsnprintf into a buffer of its own: an argument may be snt_errmsg() itself. */
static void record(int code, size_t done, bool append_words, const char *format,
		   va_list args) __attribute__((format(printf, 4, 0)));

static void record(int code, size_t done, bool append_words, const char *format,
		   va_list args)
{
	struct snt__context *context = snt__context_now();
	char line[SNT__MESSAGE_MAX];
	int length;

	length = vsnprintf(line, sizeof line, format, args);
	if (append_words && length >= 0 && (size_t)length < sizeof line)
		snprintf(line + length, sizeof line - (size_t)length, ": %s",
			 snt_strerror(code));
	context->code = code;
	context->done = done;
	if (message_buffer(context) != NULL)
		memcpy(context->message, line, strlen(line) + 1);
}

int snt_fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(code, 0, false, format, args);
	va_end(args);
	return code;
}

int snt__fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(code, 0, true, format, args);
	va_end(args);
	return code;
}

int snt__fail_text(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(code, 0, false, format, args);
	va_end(args);
	return code;
}

int snt__fail_done(int code, size_t done, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(code, done, true, format, args);
	va_end(args);
	return code;
}

static int fail_as(int code, size_t done, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail_as(int code, size_t done, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(code, done, false, format, args);
	va_end(args);
	return code;
}

int snt__fail_words(int code, size_t done, const char *line)
{
	return fail_as(code, done, "%s", line);
}

void snt__context_copy(struct snt__context *to, const struct snt__context *from)
{
	to->code = from->code;
	to->done = from->done;
	if (from->message != NULL && message_buffer(to) != NULL)
		memcpy(to->message, from->message, SNT__MESSAGE_MAX);
	else if (to->message != NULL)
		to->message[0] = '\0';
}

void snt__context_reset(struct snt__context *context)
{
	snt__free(context->message);
	*context = (struct snt__context){ 0 };
}
