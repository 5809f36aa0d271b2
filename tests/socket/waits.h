/* SPDX-License-Identifier: MIT */
/*
 * Every call on a socket that can wait, each on a stage where it has to. What
 * holds for one of them (cancel, deadline, close, SNT_NOWAIT) holds for all.
 */
#ifndef TESTS_SOCKET_WAITS_H
#define TESTS_SOCKET_WAITS_H

#include "hang.h"
#include "net.h"

#include <sennit/file.h>
#include <sennit/message.h>
#include <sys/mman.h>

struct stage {
	struct snt_socket *socket; /* the call's; NULL: it has none yet */
	struct snt_socket *peer;
	struct snt_addr addr;
	int fds[64];
	size_t fd_count;
	int limit; /* of descriptors, before; 0: as it is */
	const struct wait *wait;
	ptrdiff_t result;
};

/* What not every row can be asked. */
#define NO_HANDLE 1u  /* there is no handle that it waits on */
#define NO_TIMEOUT 2u /* a handle's own limit does not count for it */
#define FILES 4u      /* of which a simulated world has none */

struct wait {
	const char *name;
	void (*set_up)(struct stage *stage);
	ptrdiff_t (*call)(struct stage *stage);
	/* Without waiting or running others. NULL: not easily done. */
	void (*let_go)(struct stage *stage);
	unsigned flags;
};

static char wait_bytes[1 << 16];

static void set_up_pair(struct stage *stage)
{
	pair_on("127.0.0.1:0", &stage->socket, &stage->peer);
}

static void set_up_unix_pair(struct stage *stage)
{
	OK(snt_socketpair(&stage->socket, &stage->peer, SOCK_STREAM));
}

static void set_up_unix_full(struct stage *stage)
{
	set_up_unix_pair(stage);
	fill(stage->socket);
}

static void set_up_full(struct stage *stage)
{
	set_up_pair(stage);
	/* The kernel's buffers grow by themselves. */
	if (simulated())
		OK(snt_set_sndbuf(stage->socket, 2 * sizeof wait_bytes));
	fill(stage->socket);
}

static void set_up_udp(struct stage *stage)
{
	struct snt_addr any = parsed("127.0.0.1:0");

	OK(snt_socket(&stage->socket, AF_INET, SOCK_DGRAM, 0));
	OK(snt_bind(stage->socket, &any));
	stage->addr = name_of(stage->socket);
}

/* A Unix datagram socket whose queue is full. */
static void set_up_full_datagram(struct stage *stage)
{
	struct snt_addr auto_bound = { .size = sizeof(sa_family_t) };
	ptrdiff_t n;

	auto_bound.sa.any.sa_family = AF_UNIX;
	OK(snt_socket(&stage->peer, AF_UNIX, SOCK_DGRAM, 0));
	OK(snt_bind(stage->peer, &auto_bound));
	stage->addr = name_of(stage->peer);
	OK(snt_socket(&stage->socket, AF_UNIX, SOCK_DGRAM, 0));
	/* Connected: else nothing tells a sender that there is room again. */
	OK(snt_connect(stage->socket, &stage->addr));
	snt_settimeout(stage->socket, SNT_NOWAIT);
	while ((n = snt_sendto(stage->socket, "x", 1, &stage->addr)) == 1)
		;
	assert_int_equal(n, -EAGAIN);
	snt_settimeout(stage->socket, 0);
}

static void set_up_server(struct stage *stage)
{
	stage->socket = server_on("127.0.0.1:0");
}

static void set_up_servers(struct stage *stage)
{
	stage->socket = server_on("localhost:0");
	assert_true(OK(snt_getsocknames(stage->socket, NULL, 0)) == 2);
}

/* A connection is queued, but there is no descriptor for it. */
static void set_up_starved(struct stage *stage)
{
	set_up_server(stage);
	stage->peer = connected_to(stage->socket);
	stage->limit = limit_descriptors(3);
}

/* A listener whose queue is full: TCP drops what knocks, Unix says no. */
static void set_up_busy(struct stage *stage, int family, const char *text)
{
	struct snt_addr any =
		text ? parsed(text)
		     : (struct snt_addr){ .size = sizeof(sa_family_t) };
	int fd = raw_socket(family, SOCK_STREAM), code = 0;

	any.sa.any.sa_family = (sa_family_t)family;
	assert_int_equal(raw_bind(fd, &any), 0);
	assert_int_equal(raw_listen(fd, 0), 0);
	stage->fds[stage->fd_count++] = fd;
	stage->addr = raw_name(fd);
	for (int i = 0; i < (family == AF_UNIX ? 8 : 1) && code == 0; i++) {
		fd = raw_socket(
			family,
			SOCK_STREAM | (family == AF_UNIX ? SOCK_NONBLOCK : 0));
		code = raw_connect(fd, &stage->addr);
		stage->fds[stage->fd_count++] = fd;
	}
	assert_int_equal(code, family == AF_UNIX ? -EAGAIN : 0);
	OK(snt_socket(&stage->socket, family, SOCK_STREAM, 0));
}

static void set_up_silent(struct stage *stage)
{
	set_up_busy(stage, AF_INET, "127.0.0.1:0");
}

static void set_up_silent_text(struct stage *stage)
{
	set_up_silent(stage);
	snt_close(stage->socket);
	stage->socket = NULL;
}

static void set_up_unix_busy(struct stage *stage)
{
	set_up_busy(stage, AF_UNIX, NULL);
}

static void set_up_name(struct stage *stage)
{
	(void)stage;
	hang_names();
}

static void clean_up(struct stage *stage)
{
	if (stage->limit != 0)
		limit_descriptors(stage->limit);
	if (snt__io == &gate.table)
		let_names_go();
	snt_close(stage->socket);
	snt_close(stage->peer);
	for (size_t i = 0; i < stage->fd_count; i++)
		raw_close(stage->fds[i]);
}

static ptrdiff_t call_recv(struct stage *stage)
{
	return snt_recv(stage->socket, wait_bytes, 4);
}

static ptrdiff_t call_recv_exact(struct stage *stage)
{
	return snt_recv_exact(stage->socket, wait_bytes, 4);
}

static ptrdiff_t call_recv_until(struct stage *stage)
{
	return snt_recv_until(stage->socket, "\n", 1, wait_bytes, 64);
}

static ptrdiff_t call_recvfrom(struct stage *stage)
{
	struct snt_addr from;

	return snt_recvfrom(stage->socket, wait_bytes, 4, &from);
}

static const struct iovec wait_buffer = { wait_bytes, sizeof wait_bytes };

static ptrdiff_t call_recvmsg(struct stage *stage)
{
	struct snt_message message = { &wait_buffer, 1, .flags = 0 };

	return snt_recvmsg(stage->socket, &message);
}

static ptrdiff_t call_peek(struct stage *stage)
{
	return snt_peek(stage->socket, wait_bytes, 4);
}

static ptrdiff_t call_recv_fds(struct stage *stage)
{
	size_t count = 0;

	return snt_recv_fds(stage->socket, wait_bytes, 4, NULL, &count);
}

static ptrdiff_t call_sendmsg(struct stage *stage)
{
	struct snt_message message = { &wait_buffer, 1, .flags = 0 };

	return snt_sendmsg(stage->socket, &message);
}

static ptrdiff_t call_sendmsg_to(struct stage *stage)
{
	struct iovec one = { wait_bytes, 1 };
	struct snt_message message = { &one, 1, &stage->addr, .flags = 0 };

	return snt_sendmsg(stage->socket, &message);
}

static ptrdiff_t call_sendmsg_all(struct stage *stage)
{
	struct snt_message message = { &wait_buffer, 1, .flags = 0 };

	return snt_sendmsg_all(stage->socket, &message);
}

static ptrdiff_t call_send_fds(struct stage *stage)
{
	return snt_send_fds(stage->socket, "x", 1, &(int){ 0 }, 1);
}

/* To a peer that takes nothing more; and of a pipe that has nothing. */
static void set_up_file(struct stage *stage)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_int_equal(write(fd, "abc\n", 4), 4);
	stage->fds[stage->fd_count++] = fd;
	set_up_full(stage);
}

static void set_up_source(struct stage *stage)
{
	raw_pipe(stage->fds);
	stage->fd_count = 2;
	set_up_pair(stage);
}

static ptrdiff_t call_sendfile(struct stage *stage)
{
	return snt_sendfile(stage->socket, stage->fds[0],
			    &(struct snt_sendfile_opts){ .count = 4 });
}

static void let_go_by_source(struct stage *stage)
{
	raw_write(stage->fds[1], "abc\n", 4);
}

static ptrdiff_t call_send(struct stage *stage)
{
	return snt_send(stage->socket, wait_bytes, sizeof wait_bytes);
}

static ptrdiff_t call_sendall(struct stage *stage)
{
	return snt_sendall(stage->socket, wait_bytes, sizeof wait_bytes);
}

static ptrdiff_t call_sendto(struct stage *stage)
{
	return snt_sendto(stage->socket, "x", 1, &stage->addr);
}

static ptrdiff_t call_wait_readable(struct stage *stage)
{
	return snt_wait_readable(stage->socket);
}

static ptrdiff_t call_wait_writable(struct stage *stage)
{
	return snt_wait_writable(stage->socket);
}

static ptrdiff_t wait_for_any(struct stage *stage, unsigned events)
{
	struct snt_wait one = { .socket = stage->socket, .events = events };

	return snt_wait_any(&one, 1);
}

static ptrdiff_t call_wait_any(struct stage *stage)
{
	return wait_for_any(stage, SNT_READABLE);
}

static ptrdiff_t call_wait_any_writable(struct stage *stage)
{
	return wait_for_any(stage, SNT_WRITABLE);
}

static ptrdiff_t call_fd_wait(struct stage *stage)
{
	return snt_fd_wait(snt_fileno(stage->socket), SNT_READABLE);
}

static ptrdiff_t call_fd_wait_writable(struct stage *stage)
{
	return snt_fd_wait(snt_fileno(stage->socket), SNT_WRITABLE);
}

static ptrdiff_t call_select(struct stage *stage)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected one;

	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, stage->socket, SNT_READABLE, NULL));
	return snt_selector_select(selector, &one, 1, 0);
}

static ptrdiff_t call_accept(struct stage *stage)
{
	struct snt_socket *conn;
	int code = snt_accept(stage->socket, &conn);

	if (code == 0)
		snt_close(conn);
	return code;
}

static ptrdiff_t call_connect(struct stage *stage)
{
	return snt_connect(stage->socket, &stage->addr);
}

static ptrdiff_t call_create_connection(struct stage *stage)
{
	struct snt_socket *made;
	int code = snt_create_connection(&made, text_of(&stage->addr), NULL);

	if (code == 0)
		snt_close(made);
	return code;
}

static ptrdiff_t call_getaddrinfo(struct stage *stage)
{
	return snt_getaddrinfo("name.test", "1", &stage->addr, 1, NULL);
}

static ptrdiff_t call_create_server(struct stage *stage)
{
	return snt_create_server(&stage->peer, "name.test:0", NULL);
}

static ptrdiff_t call_create_connection_by_name(struct stage *stage)
{
	return snt_create_connection(&stage->peer, "name.test:1", NULL);
}

static void let_go_by_data(struct stage *stage)
{
	OK(snt_sendall(stage->peer, "abc\n", 4));
}

static void let_go_by_drain(struct stage *stage)
{
	ptrdiff_t n;

	snt_settimeout(stage->peer, SNT_NOWAIT);
	while ((n = snt_recv(stage->peer, wait_bytes, sizeof wait_bytes)) > 0)
		;
	assert_int_equal(n, -EAGAIN);
	snt_settimeout(stage->peer, 0);
}

static void let_go_by_datagram(struct stage *stage)
{
	OK(snt_sendto(stage->socket, "abc\n", 4, &stage->addr));
}

/* To the server's last address. */
static void let_go_by_connection(struct stage *stage)
{
	struct snt_addr addrs[2];
	int count = (int)OK(snt_getsocknames(stage->socket, addrs, 2));
	const struct snt_addr *last = &addrs[count - 1];
	int fd = raw_socket(last->sa.any.sa_family, SOCK_STREAM);

	stage->fds[stage->fd_count++] = fd;
	assert_int_equal(raw_connect(fd, last), 0);
}

static const struct wait waits[] = {
	{ "recv", set_up_pair, call_recv, let_go_by_data, 0 },
	{ "recv_exact", set_up_pair, call_recv_exact, let_go_by_data, 0 },
	{ "recv_until", set_up_pair, call_recv_until, let_go_by_data, 0 },
	{ "wait_readable", set_up_pair, call_wait_readable, let_go_by_data, 0 },
	{ "send", set_up_full, call_send, let_go_by_drain, 0 },
	{ "sendall", set_up_full, call_sendall, let_go_by_drain, 0 },
	{ "wait_writable", set_up_full, call_wait_writable, let_go_by_drain,
	  0 },
	{ "recv, datagrams", set_up_udp, call_recv, let_go_by_datagram, 0 },
	{ "recvfrom", set_up_udp, call_recvfrom, let_go_by_datagram, 0 },
	{ "sendto", set_up_full_datagram, call_sendto, let_go_by_drain, 0 },
	{ "accept", set_up_server, call_accept, let_go_by_connection, 0 },
	{ "accept, two addresses", set_up_servers, call_accept,
	  let_go_by_connection, 0 },
	{ "wait_readable, two addresses", set_up_servers, call_wait_readable,
	  let_go_by_connection, 0 },
	{ "accept, no descriptors", set_up_starved, call_accept, NULL, 0 },
	{ "connect", set_up_silent, call_connect, NULL, 0 },
	{ "connect, Unix", set_up_unix_busy, call_connect, NULL, 0 },
	{ "create_connection", set_up_silent_text, call_create_connection, NULL,
	  NO_HANDLE },
	{ "getaddrinfo", set_up_name, call_getaddrinfo, NULL, NO_HANDLE },
	{ "create_connection, name", set_up_name,
	  call_create_connection_by_name, NULL, NO_HANDLE },
	{ "create_server, name", set_up_name, call_create_server, NULL,
	  NO_HANDLE },
	{ "recvmsg", set_up_pair, call_recvmsg, let_go_by_data, 0 },
	{ "peek", set_up_pair, call_peek, let_go_by_data, 0 },
	{ "recv_fds", set_up_unix_pair, call_recv_fds, let_go_by_data, 0 },
	{ "sendmsg", set_up_full, call_sendmsg, let_go_by_drain, 0 },
	{ "sendmsg_all", set_up_full, call_sendmsg_all, let_go_by_drain, 0 },
	{ "send_fds", set_up_unix_full, call_send_fds, let_go_by_drain, 0 },
	{ "sendfile", set_up_file, call_sendfile, let_go_by_drain, FILES },
	{ "sendfile, pipe", set_up_source, call_sendfile, let_go_by_source, 0 },
	{ "sendmsg, address", set_up_full_datagram, call_sendmsg_to,
	  let_go_by_drain, 0 },
	{ "wait_any", set_up_pair, call_wait_any, let_go_by_data, NO_TIMEOUT },
	{ "wait_any, writable", set_up_full, call_wait_any_writable,
	  let_go_by_drain, NO_TIMEOUT },
	{ "wait_any, two addresses", set_up_servers, call_wait_any,
	  let_go_by_connection, NO_TIMEOUT },
	{ "fd_wait", set_up_pair, call_fd_wait, let_go_by_data,
	  NO_HANDLE | NO_TIMEOUT },
	{ "fd_wait, writable", set_up_full, call_fd_wait_writable,
	  let_go_by_drain, NO_HANDLE | NO_TIMEOUT },
	{ "select", set_up_pair, call_select, let_go_by_data,
	  NO_HANDLE | NO_TIMEOUT },
	{ "select, two addresses", set_up_servers, call_select,
	  let_go_by_connection, NO_HANDLE | NO_TIMEOUT },
};

#define EACH_WAIT(row)                                                         \
	for (const struct wait *row = waits; row < waits + COUNT(waits);       \
	     row++)                                                            \
		if (!simulated() || (row->flags & FILES) == 0)

/* A fiber that makes the call and keeps what it returned. */
static int run_wait(void *arg)
{
	struct stage *stage = arg;

	stage->result = stage->wait->call(stage);
	return 0;
}

/* A failure shows the lines printed; the last one says which row it was. */
static void stage_set_up(struct stage *stage, const struct wait *row)
{
	print_message("%s\n", row->name);
	*stage = (struct stage){ .wait = row, .result = 1234567 };
	row->set_up(stage);
}

MAYBE static void assert_result(const struct stage *stage, ptrdiff_t expected)
{
	if (stage->result != expected)
		fail_msg("%s: %td (%s), expected %td", stage->wait->name,
			 stage->result, snt_strerror((int)stage->result),
			 expected);
}

#endif
