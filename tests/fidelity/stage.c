/* SPDX-License-Identifier: MIT */
/*
 * What rows have in common: sockets in a state, and calls that wait while the
 * row goes on. All of it is on the stage, so that a row that breaks off leaves
 * nothing behind.
 */
#include "fidelity.h"

#include <sennit/inspect.h>
#include <stdio.h>

/* Longer than any machine takes for what has been done already. */
#define TRIES 10000

static const char nothing[MUCH];

static struct snt_socket **socket_of(struct stage *s, int n)
{
	struct snt_socket **const all[] = {
		&s->a,
		&s->b,
		&s->c,
		&s->d,
		&s->calls[0].made,
		&s->calls[1].made,
		&s->server,
	};

	return n < (int)(sizeof all / sizeof all[0]) ? all[n] : NULL;
}

int fidelity_play(const struct fidelity_row *row, struct stage *s)
{
	struct snt_socket **socket;
	int code = row->run(s);

	if (code < 0 && s->used == 0)
		say(s, "%s", snt_errmsg());
	if (s->group != NULL)
		snt_group_end(s->group);
	s->group = NULL;
	for (int n = 0; (socket = socket_of(s, n)) != NULL; n++)
		end(socket);
	return code;
}

struct snt_addr literal(const char *text)
{
	struct snt_addr addr = { .size = 0 };

	(void)!snt_addr_parse(&addr, text);
	return addr;
}

struct snt_addr unix_path(const struct stage *s, const char *name)
{
	char text[sizeof(struct sockaddr_un) + 8];

	snprintf(text, sizeof text, "unix:%s/%s", s->folder, name);
	return literal(text);
}

struct snt_addr unix_abstract(void)
{
	return literal("unix:@sennit-fidelity");
}

void end(struct snt_socket **socket)
{
	snt_close(*socket);
	*socket = NULL;
}

static int bound_at(struct snt_socket **socket, int type,
		    const struct snt_addr *at, struct snt_addr *addr)
{
	SNT_TRY(snt_socket(socket, at->sa.any.sa_family, type, 0));
	SNT_TRY(snt_bind(*socket, at));
	return snt_getsockname(*socket, addr);
}

int bound_to(struct snt_socket **socket, int type, const char *text,
	     struct snt_addr *addr)
{
	struct snt_addr at;

	SNT_TRY(snt_addr_parse(&at, text));
	return bound_at(socket, type, &at, addr);
}

int listen_on(struct stage *s, const char *text, int backlog)
{
	SNT_TRY(bound_to(&s->server, SOCK_STREAM, text, &s->addr));
	return snt_listen(s->server, backlog);
}

int connect_to(const struct stage *s, struct snt_socket **socket)
{
	SNT_TRY(snt_socket(socket, s->addr.sa.any.sa_family, SOCK_STREAM, 0));
	return snt_connect(*socket, &s->addr);
}

int tcp_pair_on(struct stage *s, const char *text)
{
	SNT_TRY(listen_on(s, text, 0));
	SNT_TRY(connect_to(s, &s->a));
	return snt_accept(s->server, &s->b);
}

int tcp_pair(struct stage *s)
{
	return tcp_pair_on(s, "127.0.0.1:0");
}

int small_pair(struct stage *s)
{
	const size_t size = 16384;

	SNT_TRY(bound_to(&s->server, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	/* What is accepted has its listener's. */
	SNT_TRY(snt_set_rcvbuf(s->server, size));
	SNT_TRY(snt_set_sndbuf(s->server, size));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_rcvbuf(s->a, size));
	SNT_TRY(snt_set_sndbuf(s->a, size));
	SNT_TRY(snt_connect(s->a, &s->addr));
	return snt_accept(s->server, &s->b);
}

int nobody_at(struct stage *s, const char *text)
{
	return bound_to(&s->d, SOCK_STREAM, text, &s->addr);
}

int two_on(struct stage *s, const char *text)
{
	SNT_TRY(bound_to(&s->a, SOCK_DGRAM, text, &s->addr));
	return bound_to(&s->b, SOCK_DGRAM, text, &s->addr);
}

ptrdiff_t stuff(struct snt_socket *socket)
{
	int64_t timeout = snt_gettimeout(socket);
	ptrdiff_t n, all = 0;

	snt_settimeout(socket, SNT_NOWAIT);
	while ((n = snt_send(socket, nothing, 4096)) > 0)
		all += n;
	snt_settimeout(socket, timeout);
	return n == -EAGAIN ? all : n;
}

/* Nothing tells when more has come behind what is there, so it is looked at
 * again and again. */
int await_bytes(struct snt_socket *socket, size_t size)
{
	char bytes[4096];
	ptrdiff_t n = 0;

	for (int i = 0; i < TRIES; i++) {
		n = snt_peek(socket, bytes, size);
		if (n < 0)
			return (int)n;
		if ((size_t)n >= size)
			return 0;
		SNT_TRY(snt_sleep(SNT_MILLISECOND));
	}
	return snt_fail(-ETIMEDOUT, "%td of %zu bytes came", n, size);
}

ptrdiff_t send_until_failure(struct snt_socket *socket)
{
	ptrdiff_t n = 0;

	for (int i = 0; i < TRIES && n >= 0; i++) {
		n = snt_send(socket, "x", 1);
		if (n >= 0)
			SNT_TRY(snt_sleep(SNT_MILLISECOND));
	}
	return n;
}

ptrdiff_t do_recv(struct call *call)
{
	return snt_recv(call->socket, call->bytes, sizeof call->bytes);
}

ptrdiff_t do_recvfrom(struct call *call)
{
	return snt_recvfrom(call->socket, call->bytes, sizeof call->bytes,
			    &call->addr);
}

ptrdiff_t do_sendall(struct call *call)
{
	return snt_sendall(call->socket, nothing, sizeof nothing);
}

ptrdiff_t do_accept(struct call *call)
{
	return snt_accept(call->socket, &call->made);
}

ptrdiff_t do_connect(struct call *call)
{
	return snt_connect(call->socket, &call->addr);
}

ptrdiff_t do_wait_readable(struct call *call)
{
	return snt_wait_readable(call->socket);
}

ptrdiff_t do_wait_writable(struct call *call)
{
	return snt_wait_writable(call->socket);
}

static int run_call(void *arg)
{
	struct call *call = arg;

	call->result = call->fn(call);
	return 0;
}

static void count_ready(void *arg, const struct snt_fiber_info *info)
{
	*(int *)arg += strcmp(info->waits, "ready") == 0;
}

/* Whichever of the ready ones goes first: until all the others wait. */
static int let_run(void)
{
	for (int i = 0; i < TRIES; i++) {
		int ready = 0;

		snt_fibers(count_ready, &ready);
		if (ready == 0)
			return 0;
		SNT_TRY(snt_yield());
	}
	return snt_fail(-ETIMEDOUT, "the other fibers never wait");
}

int start(struct stage *s, int n, ptrdiff_t (*fn)(struct call *call),
	  struct snt_socket *socket)
{
	struct call *call = &s->calls[n];

	call->fn = fn;
	call->socket = socket;
	call->addr = s->addr;
	if (s->group == NULL)
		SNT_TRY(snt_group_open(&s->group, NULL));
	SNT_TRY(snt_spawn(s->group, run_call, call, NULL));
	return let_run();
}

int finish(struct stage *s)
{
	return snt_group_wait(s->group);
}
