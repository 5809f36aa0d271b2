/* SPDX-License-Identifier: MIT */
/*
 * The raw side of what is asked about TLS: an echo server that is an epoll loop
 * and OpenSSL, one thread, one process.
 *
 * What makes it fast: a connection is an SSL and its descriptor; one buffer for
 * all of them; SSL_set_fd, so that nothing is copied between OpenSSL and the
 * system call; reading ahead, so that a record is one receive and not two;
 * level-triggered, one SSL_read an event, and another only when OpenSSL holds
 * more, so that no receive is made in vain. No session cache, no verification.
 *
 * --keep     OpenSSL keeps a connection's record buffers while it is idle: no
 *            allocation a message, and 33 KiB more a connection.
 * --tickets  how many it sends after a handshake.
 *
 * A message that cannot be sent at once is waited for with EPOLLOUT. As in the
 * other loops, no timeouts and no limits.
 */
#include "rawcall.h"
#include "rawserver.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH 64

struct conn {
	SSL *ssl;
	int fd;
	bool open;            /* hands are shaken */
	struct pending *rest; /* what a send did not take */
};

static struct conn listening;
static SSL_CTX *context;
static int poller;
static char *buffer;
static size_t buffer_size = 1024;

__attribute__((noreturn, cold)) static void tls_die(const char *what)
{
	fprintf(stderr, "raw_tls: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void set_interest(int op, struct conn *conn, uint32_t events)
{
	struct epoll_event event = { .events = events,
				     .data = { .ptr = conn } };

	if (raw_control(poller, op, conn->fd, &event) < 0)
		die("epoll_ctl");
}

static void drop(struct conn *conn, bool orderly)
{
	if (orderly)
		SSL_shutdown(conn->ssl);
	else
		ERR_clear_error();
	SSL_free(conn->ssl);
	raw_close(conn->fd);
	free(conn->rest);
	free(conn);
}

/* Whether OpenSSL only asks for another event; else the connection is gone. */
static bool goes_on(struct conn *conn, int n)
{
	switch (SSL_get_error(conn->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return true;
	case SSL_ERROR_WANT_WRITE:
		set_interest(EPOLL_CTL_MOD, conn, EPOLLOUT);
		return true;
	case SSL_ERROR_ZERO_RETURN:
		drop(conn, true);
		return false;
	default:
		drop(conn, false);
		return false;
	}
}

static void accept_all(void)
{
	for (;;) {
		int fd = (int)raw_accept(listening.fd);
		struct conn *conn;

		if (fd < 0) {
			if (fd == -EAGAIN)
				return;
			if (fd == -ECONNABORTED || fd == -EINTR)
				continue;
			errno = -fd;
			die("accept4");
		}
		conn = calloc(1, sizeof *conn);
		if (!conn)
			die("calloc");
		conn->fd = fd;
		conn->ssl = SSL_new(context);
		if (!conn->ssl || !SSL_set_fd(conn->ssl, fd))
			tls_die("SSL_new");
		SSL_set_accept_state(conn->ssl);
		set_interest(EPOLL_CTL_ADD, conn, EPOLLIN);
	}
}

/* Sends what was not taken, or all of the buffer; false: not now, or gone. */
static bool send_all(struct conn *conn, const char *bytes, size_t size)
{
	int n = SSL_write(conn->ssl, bytes, (int)size);

	if (__builtin_expect(n > 0, 1))
		return true;
	if (goes_on(conn, n) && !conn->rest)
		conn->rest = pending_new(bytes, size);
	return false;
}

static void receive(struct conn *conn)
{
	do {
		int n = SSL_read(conn->ssl, buffer, (int)buffer_size);

		if (n <= 0) {
			goes_on(conn, n);
			return;
		}
		if (!send_all(conn, buffer, (size_t)n))
			return;
	} while (SSL_has_pending(conn->ssl));
}

static void serve_one(struct conn *conn, uint32_t events)
{
	if (__builtin_expect(!conn->open, 0)) {
		int n;

		if (events & EPOLLOUT)
			set_interest(EPOLL_CTL_MOD, conn, EPOLLIN);
		n = SSL_accept(conn->ssl);
		if (n != 1) {
			goes_on(conn, n);
			return;
		}
		conn->open = true;
		/* Reading ahead may have brought the first message along. */
		if (!SSL_has_pending(conn->ssl))
			return;
	} else if (__builtin_expect(events & EPOLLOUT, 0)) {
		struct pending *rest = conn->rest;

		set_interest(EPOLL_CTL_MOD, conn, EPOLLIN);
		if (rest) {
			if (!send_all(conn, rest->bytes, rest->size))
				return;
			free(rest);
			conn->rest = NULL;
		}
		if (!SSL_has_pending(conn->ssl))
			return;
	}
	receive(conn);
}

static void serve(void)
{
	static struct epoll_event events[BATCH];

	for (;;) {
		int count = (int)raw_wait(poller, events, BATCH);

		if (count < 0 && count != -EINTR)
			die("epoll_wait");
		for (int i = 0; i < count; i++) {
			struct conn *conn = events[i].data.ptr;

			if (__builtin_expect(conn == &listening, 0))
				accept_all();
			else
				serve_one(conn, events[i].events);
		}
	}
}

static void make_context(const char *certificate, const char *key, bool keep,
			 size_t tickets)
{
	context = SSL_CTX_new(TLS_server_method());
	if (!context ||
	    SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
	    !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
	    !SSL_CTX_set_num_tickets(context, tickets))
		tls_die("certificate or key");
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_mode(context,
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				 (keep ? 0 : SSL_MODE_RELEASE_BUFFERS));
}

int main(int argc, char **argv)
{
	const char *certificate = NULL, *key = NULL;
	size_t tickets = 2;
	bool keep = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--keep") == 0)
			keep = true;
		else if (strcmp(argv[i], "--buffer") == 0 && i + 1 < argc)
			buffer_size = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--cert") == 0 && i + 1 < argc)
			certificate = argv[++i];
		else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
			key = argv[++i];
		else if (strcmp(argv[i], "--tickets") == 0 && i + 1 < argc)
			tickets = strtoul(argv[++i], NULL, 10);
		else
			goto usage;
	}
	if (!certificate || !key || !buffer_size)
		goto usage;
	make_context(certificate, key, keep, tickets);
	buffer = buffer_new(buffer_size);
	poller = epoll_create1(0);
	if (poller < 0)
		die("epoll_create1");
	listening.fd = listen_on_any_port();
	set_interest(EPOLL_CTL_ADD, &listening, EPOLLIN | EPOLLET);
	tell_port(listening.fd, "epoll");
	serve();
usage:
	fputs("usage: raw_tls --cert FILE --key FILE [--buffer BYTES] "
	      "[--keep] [--tickets N]\n",
	      stderr);
	return 2;
}
