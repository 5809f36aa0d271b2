/* SPDX-License-Identifier: MIT */
/*
 * Answers as text: codes by name, bytes in quotes, addresses without ports.
 * A text that does not fit is no answer at all, so that two that differ behind
 * the cut are never taken for the same.
 */
#include "fidelity.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	int code;
	const char *name;
} words[] = {
#define WORD(name)                                                             \
	{                                                                      \
		name, #name                                                    \
	}
	WORD(EPERM),           WORD(ENOENT),
	WORD(EINTR),           WORD(EIO),
	WORD(ENXIO),           WORD(EBADF),
	WORD(EAGAIN),          WORD(ENOMEM),
	WORD(EACCES),          WORD(EFAULT),
	WORD(EBUSY),           WORD(EEXIST),
	WORD(ENODEV),          WORD(ENOTDIR),
	WORD(EISDIR),          WORD(EINVAL),
	WORD(ENFILE),          WORD(EMFILE),
	WORD(ENOTTY),          WORD(ENOSPC),
	WORD(EPIPE),           WORD(EDOM),
	WORD(EDEADLK),         WORD(ENAMETOOLONG),
	WORD(ENOTSOCK),        WORD(EDESTADDRREQ),
	WORD(EMSGSIZE),        WORD(EPROTOTYPE),
	WORD(ENOPROTOOPT),     WORD(EPROTONOSUPPORT),
	WORD(ESOCKTNOSUPPORT), WORD(EOPNOTSUPP),
	WORD(EPFNOSUPPORT),    WORD(EAFNOSUPPORT),
	WORD(EADDRINUSE),      WORD(EADDRNOTAVAIL),
	WORD(ENETDOWN),        WORD(ENETUNREACH),
	WORD(ENETRESET),       WORD(ECONNABORTED),
	WORD(ECONNRESET),      WORD(ENOBUFS),
	WORD(EISCONN),         WORD(ENOTCONN),
	WORD(ESHUTDOWN),       WORD(ETOOMANYREFS),
	WORD(ETIMEDOUT),       WORD(ECONNREFUSED),
	WORD(EHOSTDOWN),       WORD(EHOSTUNREACH),
	WORD(EALREADY),        WORD(EINPROGRESS),
	WORD(ECANCELED),       WORD(EPROTO),
	WORD(SNT_EEND),        WORD(SNT_ENONAME),
	WORD(SNT_ERESOLVE),    WORD(SNT_ELIMIT),
	WORD(SNT_ETHREAD),     WORD(SNT_EFORK),
#undef WORD
};

static const char *word_for(ptrdiff_t code)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].code == -code)
			return words[i].name;
	return NULL;
}

void say(struct stage *s, const char *format, ...)
{
	size_t room = sizeof s->answer - s->used;
	va_list args;
	int size;

	if (s->used > 0 && room > 2) {
		memcpy(s->answer + s->used, ", ", 3);
		s->used += 2;
		room -= 2;
	}
	va_start(args, format);
	size = vsnprintf(s->answer + s->used, room, format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= room) {
		snprintf(s->answer, sizeof s->answer, "(too long to tell)");
		s->used = sizeof s->answer - 1;
		return;
	}
	s->used += (size_t)size;
}

ptrdiff_t say_code(struct stage *s, const char *what, ptrdiff_t code)
{
	const char *word = word_for(code);

	if (code >= 0 || word == NULL)
		say(s, "%s %td", what, code);
	else
		say(s, "%s %s", what, word);
	return code;
}

void say_done(struct stage *s, const char *what, ptrdiff_t code)
{
	say_code(s, what, code);
	if (code < 0)
		say(s, "done %zu", snt_done());
}

void say_bytes(struct stage *s, const char *what, ptrdiff_t n,
	       const void *bytes)
{
	char shown[33];
	size_t size = n < 0 ? 0 : (size_t)n;

	if (n < 0) {
		say_code(s, what, n);
		return;
	}
	if (size >= sizeof shown) {
		say(s, "%s %zu bytes", what, size);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		char byte = ((const char *)bytes)[i];

		shown[i] =
			byte >= ' ' && byte <= '~' && byte != '|' ? byte : '.';
	}
	shown[size] = '\0';
	say(s, "%s \"%s\"", what, shown);
}

ptrdiff_t say_recv(struct stage *s, struct snt_socket *socket)
{
	char bytes[4096];
	ptrdiff_t n = snt_recv(socket, bytes, sizeof bytes);

	if (n == 0)
		say(s, "recv EOF");
	else
		say_bytes(s, "recv", n, bytes);
	return n;
}

ptrdiff_t say_recv_now(struct stage *s, struct snt_socket *socket)
{
	int64_t timeout = snt_gettimeout(socket);
	ptrdiff_t n;

	snt_settimeout(socket, SNT_NOWAIT);
	n = say_recv(s, socket);
	snt_settimeout(socket, timeout);
	return n;
}

ptrdiff_t say_recvfrom(struct stage *s, struct snt_socket *socket,
		       struct snt_addr *from)
{
	struct snt_addr unused;
	char bytes[4096];
	ptrdiff_t n = snt_recvfrom(socket, bytes, sizeof bytes,
				   from != NULL ? from : &unused);

	say_bytes(s, "recvfrom", n, bytes);
	return n;
}

ptrdiff_t say_recvfrom_now(struct stage *s, struct snt_socket *socket)
{
	int64_t timeout = snt_gettimeout(socket);
	ptrdiff_t n;

	snt_settimeout(socket, SNT_NOWAIT);
	n = say_recvfrom(s, socket, NULL);
	snt_settimeout(socket, timeout);
	return n;
}

ptrdiff_t say_send(struct stage *s, struct snt_socket *socket, const char *text)
{
	return say_code(s, "send", snt_send(socket, text, strlen(text)));
}

ptrdiff_t say_sendto(struct stage *s, struct snt_socket *socket,
		     const char *text, const struct snt_addr *addr)
{
	return say_code(s, "sendto",
			snt_sendto(socket, text, strlen(text), addr));
}

void say_addr(struct stage *s, const char *what, const struct snt_addr *addr)
{
	struct snt_addr shown = *addr;
	char text[SNT_ADDR_TEXT];
	size_t size;

	if (shown.sa.any.sa_family == AF_UNIX) {
		size = snt_addr_format(&shown, text, sizeof text);
		/* What differs from run to run is the folder alone. */
		if (s->folder != NULL &&
		    strncmp(text + 5, s->folder, strlen(s->folder)) == 0)
			say(s, "%s unix:%s", what,
			    text + 5 + strlen(s->folder));
		else
			say(s, "%s %.*s", what, (int)size, text);
		return;
	}
	if (snt_addr_port(addr) == 0) {
		snt_addr_format(&shown, text, sizeof text);
		say(s, "%s %s", what, text);
		return;
	}
	(void)!snt_addr_set_port(&shown, 0);
	size = snt_addr_format(&shown, text, sizeof text);
	say(s, "%s %.*sport", what, (int)size - 1, text);
}

void say_sockname(struct stage *s, const struct snt_socket *socket)
{
	struct snt_addr addr;
	int code = snt_getsockname(socket, &addr);

	if (code < 0)
		say_code(s, "getsockname", code);
	else
		say_addr(s, "getsockname", &addr);
}

void say_peername(struct stage *s, const struct snt_socket *socket)
{
	struct snt_addr addr;
	int code = snt_getpeername(socket, &addr);

	if (code < 0)
		say_code(s, "getpeername", code);
	else
		say_addr(s, "getpeername", &addr);
}

void say_error(struct stage *s, struct snt_socket *socket)
{
	int error = 0;
	int code = snt_getsockopt(socket, SOL_SOCKET, SO_ERROR, &error,
				  sizeof error);

	say_code(s, "SO_ERROR", code < 0 ? code : -error);
}
