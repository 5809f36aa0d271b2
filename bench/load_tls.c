/* SPDX-License-Identifier: MIT */
/*
 * The same loads over TLS 1.3: a closed loop over many connections, and
 * connections that are opened, used once and closed, each with a full
 * handshake. The client's own cost does not count, so it trusts whoever is
 * there and offers what every server has: X25519 and AES-256-GCM.
 *
 * Every message carries its connection and number at both ends, and all bytes
 * between are compared.
 */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 512

struct conn {
	int fd;
	SSL *ssl;
	uint32_t number; /* of the message under way */
	size_t got;
	bool busy, sent;
};

struct loop {
	const struct load_opts *opts;
	SSL_CTX *context;
	struct conn *conns;
	int poller;
	char *out, *in;
	uint64_t left;     /* messages not yet begun */
	uint64_t underway; /* begun and not yet back */
};

__attribute__((noreturn, cold)) static void tls_die(const char *what)
{
	char text[256] = "the peer ended it, or the system did";
	unsigned long code = ERR_get_error();

	if (code != 0)
		ERR_error_string_n(code, text, sizeof text);
	load_die("%s: %s", what, text);
}

static SSL_CTX *client_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context ||
	    !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") ||
	    !SSL_CTX_set1_groups_list(context, "X25519"))
		tls_die("context");
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One receive a record; and the loop sends from one buffer. */
	SSL_CTX_set_read_ahead(context, 1);
	return context;
}

/* Connected and shaken hands, blocking. */
static SSL *tls_connect(SSL_CTX *context, int port, unsigned host)
{
	int fd = load_connect(port, host);
	SSL *ssl = SSL_new(context);

	if (!ssl || !SSL_set_fd(ssl, fd))
		tls_die("SSL_new");
	if (SSL_connect(ssl) != 1)
		tls_die("handshake");
	return ssl;
}

static void tls_close(SSL *ssl, bool reset)
{
	int fd = SSL_get_fd(ssl);

	if (!reset)
		SSL_shutdown(ssl);
	SSL_free(ssl);
	if (reset)
		load_reset(fd);
	else
		close(fd);
}

static void exchange(SSL *ssl, const char *out, char *in, size_t size)
{
	size_t got = 0;

	if (SSL_write(ssl, out, (int)size) != (int)size)
		tls_die("send");
	while (got < size) {
		int n = SSL_read(ssl, in + got, (int)(size - got));

		if (n <= 0)
			tls_die("recv");
		got += (size_t)n;
	}
	if (memcmp(in, out, size) != 0)
		load_die("wrong bytes came back");
}

static void stamp(struct loop *loop, const struct conn *conn)
{
	uint32_t mark[2] = { (uint32_t)(conn - loop->conns), conn->number };
	size_t size = loop->opts->size;

	if (size < 2 * sizeof mark)
		load_die("messages over TLS have at least 16 bytes");
	memcpy(loop->out, mark, sizeof mark);
	memcpy(loop->out + size - sizeof mark, mark, sizeof mark);
}

static bool has_to_wait(const struct conn *conn, int n)
{
	int why = SSL_get_error(conn->ssl, n);

	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void push(struct loop *loop, struct conn *conn)
{
	int n;

	stamp(loop, conn);
	n = SSL_write(conn->ssl, loop->out, (int)loop->opts->size);
	if (n > 0)
		conn->sent = true;
	else if (!has_to_wait(conn, n))
		tls_die("send");
}

static void begin(struct loop *loop, struct conn *conn)
{
	conn->busy = loop->left > 0;
	if (!conn->busy)
		return;
	loop->left--;
	loop->underway++;
	conn->number++;
	conn->sent = false;
	conn->got = 0;
	push(loop, conn);
}

static void serve(struct loop *loop, struct conn *conn)
{
	size_t size = loop->opts->size;

	if (conn->busy && !conn->sent)
		push(loop, conn);
	while (conn->busy) {
		int n = SSL_read(conn->ssl, loop->in, (int)(size - conn->got));

		if (n <= 0) {
			if (!has_to_wait(conn, n))
				tls_die("recv");
			return;
		}
		stamp(loop, conn);
		if (!conn->sent ||
		    memcmp(loop->in, loop->out + conn->got, (size_t)n) != 0)
			load_die("wrong bytes on connection %d, message %u",
				 (int)(conn - loop->conns), conn->number);
		conn->got += (size_t)n;
		if (conn->got == size) {
			loop->underway--;
			begin(loop, conn);
			return;
		}
	}
}

/* All connections from idle to idle. */
static void run(struct loop *loop, uint64_t messages)
{
	static struct epoll_event events[BATCH];

	loop->left = messages;
	for (int i = 0; i < loop->opts->connections; i++)
		begin(loop, &loop->conns[i]);
	while (loop->underway) {
		int count = epoll_wait(loop->poller, events, BATCH, -1);

		if (count < 0 && errno != EINTR)
			load_die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < count; i++)
			serve(loop, &loop->conns[events[i].data.u32]);
	}
}

static void open_loop(struct loop *loop, const struct load_opts *opts)
{
	*loop = (struct loop){ .opts = opts, .context = client_context() };
	loop->conns = calloc((size_t)opts->connections, sizeof *loop->conns);
	loop->out = malloc(opts->size);
	loop->in = malloc(opts->size);
	loop->poller = epoll_create1(0);
	if (!loop->conns || !loop->out || !loop->in || loop->poller < 0)
		load_die("no memory");
	for (size_t i = 0; i < opts->size; i++)
		loop->out[i] = (char)(i * 131 + i / 251);
}

static void close_loop(struct loop *loop)
{
	close(loop->poller);
	SSL_CTX_free(loop->context);
	free(loop->conns);
	free(loop->out);
	free(loop->in);
}

static void open_all(struct loop *loop, unsigned each)
{
	for (int i = 0; i < loop->opts->connections; i++) {
		struct conn *conn = &loop->conns[i];
		struct epoll_event event = { .data = { .u32 = (uint32_t)i },
					     .events = EPOLLIN | EPOLLOUT |
						       EPOLLRDHUP | EPOLLET };

		conn->ssl = tls_connect(loop->context, loop->opts->port,
					1 + (unsigned)i / each);
		conn->fd = SSL_get_fd(conn->ssl);
		stamp(loop, conn);
		exchange(conn->ssl, loop->out, loop->in, loop->opts->size);
		if (epoll_ctl(loop->poller, EPOLL_CTL_ADD, conn->fd, &event) <
		    0)
			load_die("epoll_ctl: %s", strerror(errno));
	}
}

void load_tls_echo(const struct load_opts *opts)
{
	struct load_clocks from, to;
	struct loop loop;
	uint64_t messages;

	open_loop(&loop, opts);
	open_all(&loop, 10000);
	for (int i = 0; i < opts->connections; i++) {
		int on = 1;

		if (ioctl(loop.conns[i].fd, FIONBIO, &on) < 0)
			load_die("FIONBIO: %s", strerror(errno));
	}
	run(&loop, opts->warmup);
	load_say_ready(opts->connections);
	while ((messages = load_next_window()) > 0) {
		from = load_settle(opts);
		run(&loop, messages);
		to = load_settle(opts);
		load_report(messages, &from, &to);
	}
	for (int i = 0; i < opts->connections; i++)
		tls_close(loop.conns[i].ssl, true);
	close_loop(&loop);
}

void load_tls_idle(const struct load_opts *opts)
{
	struct loop loop;

	open_loop(&loop, opts);
	open_all(&loop, 10000);
	load_settle(opts);
	load_say_ready(opts->connections);
	while (load_next_window() > 0) {
		for (int i = 0; i < opts->connections; i++)
			exchange(loop.conns[i].ssl, loop.out, loop.in,
				 opts->size);
		load_settle(opts);
		load_say_ready(opts->connections);
	}
	for (int i = 0; i < opts->connections; i++)
		tls_close(loop.conns[i].ssl, true);
	close_loop(&loop);
}

/* From 200 addresses, as load_churn does and for its reason. */
static void churn(struct loop *loop, uint64_t total)
{
	for (uint64_t i = 0; i < total; i++) {
		SSL *ssl = tls_connect(loop->context, loop->opts->port,
				       2 + (unsigned)(i % 200));

		loop->conns[0].number++;
		stamp(loop, &loop->conns[0]);
		exchange(ssl, loop->out, loop->in, loop->opts->size);
		if (SSL_session_reused(ssl))
			load_die("a session was resumed");
		tls_close(ssl, false);
	}
}

void load_tls_churn(const struct load_opts *opts)
{
	struct load_clocks from, to;
	struct loop loop;
	uint64_t total;

	open_loop(&loop, opts);
	churn(&loop, opts->warmup);
	load_say_ready(opts->connections);
	while ((total = load_next_window()) > 0) {
		from = load_settle(opts);
		churn(&loop, total);
		to = load_settle(opts);
		load_report(total, &from, &to);
	}
	close_loop(&loop);
}
