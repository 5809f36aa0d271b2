/* SPDX-License-Identifier: MIT */
/*
 * One thread's share of the echo server.
 *
 * Built for many connections of which few are active: one that waits has a
 * fiber, no buffer, and no more of its stack in memory than a page. So frames
 * are small here, and what prints stays out of line. A connection that fails
 * ends alone; only a listener that fails ends the server.
 */
#include "buffer.h"
#include "echo.h"
#include "exit_code.h"
#include "seq_echo.h"

atomic_ulong echo_failures;

/* Its frames are large; it is called by fibers that are about to end. */
static void __attribute__((cold, noinline)) tell(void)
{
	fprintf(stderr, "sennit: %s\n", snt_errmsg());
}

/* Without a worker at hand: a connection has room for its handle only. */
static _Thread_local bool verbose;

static void failed(int code)
{
	if (code == -ECANCELED)
		return;
	atomic_fetch_add(&echo_failures, 1);
	if (verbose)
		tell();
}

/* 1: go on. 0: the peer has ended. */
static int echo_once(struct snt_socket *conn)
{
	ptrdiff_t n;
	char *buffer;

	SNT_TRY(snt_wait_readable(conn));
	buffer = buffer_take();
	if (buffer == NULL)
		return -ENOMEM;
	n = snt_recv(conn, buffer, BUFFER_SIZE);
	if (n > 0) {
		int code = snt_sendall(conn, buffer, (size_t)n);

		n = code < 0 ? code : 1;
	}
	buffer_give(buffer);
	return (int)n;
}

static int echo_stream(void *arg)
{
	snt_auto(socket) conn = arg;
	int code;

	do
		code = echo_once(conn);
	while (code > 0);
	if (code < 0)
		failed(code);
	return 0;
}

/* The handshake comes before a buffer is borrowed: a client may be long about
 * it. */
static int echo_tls(void *arg)
{
	int code = snt_do_handshake(arg);

	if (code == 0)
		return echo_stream(arg);
	failed(code);
	snt_close(arg);
	return 0;
}

static int accept_all(struct worker *worker, const struct served *served)
{
	for (;;) {
		struct snt_socket *conn;
		int code;

		SNT_TRY(snt_accept(served->handle, &conn));
		code = snt_spawn(worker->connections,
				 served->tls ? echo_tls : echo_stream, conn,
				 &(struct snt_spawn_opts){ .name = "echo" });
		if (code < 0) {
			snt_close(conn);
			failed(code);
		}
	}
}

/* What ends one datagram and not the server. */
static bool is_passing(ptrdiff_t code)
{
	switch (-code) {
	case ECANCELED:
	case EBADF:
	case EINVAL:
	case ENOTCONN:
	case ENOTSOCK:
		return false;
	default:
		return true;
	}
}

static int echo_datagrams(struct snt_socket *server, char *buffer)
{
	for (;;) {
		struct snt_addr from;
		ptrdiff_t n = snt_recvfrom(server, buffer, BUFFER_SIZE, &from);

		if (n >= 0)
			n = snt_sendto(server, buffer, (size_t)n, &from);
		if (n >= 0)
			continue;
		failed((int)n);
		if (!is_passing(n))
			return (int)n;
		/* Were the cause to stay, this must not spin. */
		SNT_TRY(snt_sleep(SNT_MILLISECOND));
	}
}

static int serve_sessions(struct served *served)
{
	SNT_TRY(snt_seq_open(&served->endpoint, served->handle,
			     &served->seq->opts));
	served->handle = NULL;
	return seq_echo_serve(served->endpoint, served->worker->connections,
			      failed);
}

static int serve_address(void *arg)
{
	struct served *served = arg;
	char *buffer;
	int code;

	if (served->seq != NULL)
		return serve_sessions(served);
	if (!served->datagrams)
		return accept_all(served->worker, served);
	buffer = buffer_take();
	if (buffer == NULL)
		return -ENOMEM;
	code = echo_datagrams(served->handle, buffer);
	buffer_give(buffer);
	return code;
}

/* The tool's thread has ended its direction: no more connections. */
static int watch_leash(void *arg)
{
	struct worker *worker = arg;
	char byte;
	ptrdiff_t n = snt_recv(worker->collar, &byte, sizeof byte);

	if (n == -ECANCELED)
		return 0;
	snt_group_cancel(worker->listeners);
	return n < 0 ? (int)n : 0;
}

static int start(struct worker *worker)
{
	SNT_TRY(snt_spawn(worker->listeners, watch_leash, worker,
			  &(struct snt_spawn_opts){ .name = "leash" }));
	for (size_t i = 0; i < worker->count; i++)
		if (worker->served[i].handle != NULL)
			SNT_TRY(snt_spawn(
				worker->listeners, serve_address,
				&worker->served[i],
				&(struct snt_spawn_opts){ .name = "listen" }));
	return 0;
}

static void close_servers(struct worker *worker)
{
	for (size_t i = 0; i < worker->count; i++) {
		snt_close(worker->served[i].handle);
		worker->served[i].handle = NULL;
	}
}

/* With their sessions, if there are any left. */
static void close_endpoints(struct worker *worker)
{
	for (size_t i = 0; i < worker->count; i++) {
		snt_seq_endpoint_close(worker->served[i].endpoint);
		worker->served[i].endpoint = NULL;
	}
}

/* Lets open connections go on for a while, then cuts them. */
static void drain(struct worker *worker)
{
	struct snt_scope limit;

	if (worker->options->grace > 0) {
		snt_timeout_begin(&limit, worker->options->grace);
		/* Either way the group ends now. */
		(void)!snt_group_wait(worker->connections);
		snt_scope_end(&limit);
	}
	snt_group_end(worker->connections);
}

static int serve(struct worker *worker)
{
	int code;

	SNT_TRY(snt_group_open(&worker->connections,
			       &(struct snt_group_opts){ .keep_going = true }));
	code = snt_group_open(&worker->listeners, NULL);
	if (code == 0)
		code = start(worker);
	if (code == 0)
		code = snt_group_wait(worker->listeners);
	if (code < 0)
		worker->status = report(PHASE_LISTEN, code);
	snt_group_end(worker->listeners);
	close_servers(worker);
	drain(worker);
	close_endpoints(worker);
	return 0;
}

int worker_serve(void *arg)
{
	struct worker *worker = arg;
	int code;

	verbose = worker->options->verbose;
	code = serve(worker);
	if (code < 0)
		worker->status = report(PHASE_LISTEN, code);
	close_servers(worker);
	snt_close(worker->collar);
	worker->collar = NULL;
	return 0;
}
