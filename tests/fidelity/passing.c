/* SPDX-License-Identifier: MIT */
/* One socket by several handles: sent over another, duplicated, given out, and
 * handed over to another thread. */
#include "fidelity.h"

#include <sennit/message.h>
#include <sennit/workers.h>

/* s->a and s->b, over which descriptors go; s->c and s->d, one of which does. */
static int two_pairs(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	return snt_socketpair(&s->c, &s->d, SOCK_STREAM);
}

static ptrdiff_t send_c(struct stage *s, const char *text, size_t times)
{
	const int fd = snt_fileno(s->c);
	const int fds[3] = { fd, fd, fd };

	return say_code(s, "send_fds",
			snt_send_fds(s->a, text, strlen(text), fds, times));
}

/* Receives with room for so many; the first that comes becomes s->server. */
static int recv_into_server(struct stage *s, size_t room)
{
	char bytes[16];
	int fds[3];
	ptrdiff_t n = snt_recv_fds(s->b, bytes, sizeof bytes, fds, &room);
	int code = 0;

	say_bytes(s, "recv_fds", n, bytes);
	if (n < 0)
		return 0;
	say(s, "%zu came", room);
	if (room > 0)
		code = snt_fromfd(&s->server, fds[0]);
	for (size_t i = 0; i < room; i++)
		s->world->close(fds[i]);
	return code;
}

static int fds_come(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	send_c(s, "here", 1);
	SNT_TRY(recv_into_server(s, 1));
	end(&s->c);
	say_send(s, s->server, "by the other");
	say_recv(s, s->d);
	end(&s->server);
	say_recv(s, s->d);
	return 0;
}

static int fds_under_way(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	send_c(s, "here", 1);
	SNT_TRY(snt_sendall(s->c, "before", 6));
	end(&s->c);
	say_recv(s, s->d);
	say_recv_now(s, s->d);
	SNT_TRY(recv_into_server(s, 1));
	end(&s->server);
	say_recv(s, s->d);
	return 0;
}

static int fds_not_taken(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	send_c(s, "here", 1);
	end(&s->c);
	say_recv(s, s->b);
	say_recv(s, s->d);
	return 0;
}

static int fds_never_received(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	send_c(s, "here", 1);
	end(&s->c);
	end(&s->b);
	say_recv(s, s->d);
	return 0;
}

static int fds_too_many(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	send_c(s, "here", 3);
	end(&s->c);
	SNT_TRY(recv_into_server(s, 2));
	say_recv(s, s->d);
	return 0;
}

static int fds_none_came(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	SNT_TRY(snt_sendall(s->a, "plain", 5));
	return recv_into_server(s, 1);
}

static int fds_part_the_stream(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	say_send(s, s->a, "one ");
	send_c(s, "two", 1);
	say_send(s, s->a, " three");
	SNT_TRY(recv_into_server(s, 3));
	SNT_TRY(recv_into_server(s, 3));
	return 0;
}

static int fds_part_a_recv(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	say_send(s, s->a, "one ");
	send_c(s, "two", 1);
	say_send(s, s->a, " three");
	say_recv(s, s->b);
	say_recv_now(s, s->b);
	return 0;
}

static int fds_of_tcp(struct stage *s)
{
	int fd;

	SNT_TRY(tcp_pair(s));
	fd = snt_fileno(s->b);
	say_code(s, "send_fds", snt_send_fds(s->a, "x", 1, &fd, 1));
	return 0;
}

static int fds_tcp_socket(struct stage *s)
{
	int fd;

	SNT_TRY(tcp_pair(s));
	end(&s->server);
	fd = snt_fileno(s->b);
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_STREAM));
	say_code(s, "send_fds", snt_send_fds(s->c, "x", 1, &fd, 1));
	end(&s->b);
	s->b = s->d;
	s->d = NULL;
	SNT_TRY(recv_into_server(s, 1));
	say_send(s, s->server, "moved");
	say_recv(s, s->a);
	say_peername(s, s->a);
	return 0;
}

static int fds_bad(struct stage *s)
{
	const int none = -1;

	SNT_TRY(two_pairs(s));
	say_code(s, "send_fds", snt_send_fds(s->a, "x", 1, &none, 1));
	say_recv_now(s, s->b);
	return 0;
}

static int fds_peer_closed(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	end(&s->b);
	send_c(s, "here", 1);
	return 0;
}

static int fds_end(struct stage *s)
{
	SNT_TRY(two_pairs(s));
	end(&s->a);
	return recv_into_server(s, 1);
}

static int fds_with_datagram(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_STREAM));
	send_c(s, "", 1);
	SNT_TRY(recv_into_server(s, 1));
	say_send(s, s->server, "hello");
	say_recv(s, s->d);
	return 0;
}

static int dup_close_one(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_dup(s->a, &s->c));
	end(&s->a);
	say_send(s, s->c, "still open");
	say_recv(s, s->b);
	say_recv_now(s, s->b);
	end(&s->c);
	say_recv(s, s->b);
	return 0;
}

static int dup_shutdown(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_dup(s->a, &s->c));
	SNT_TRY(snt_shutdown(s->c, SHUT_WR));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int dup_shares_bytes(struct stage *s)
{
	char bytes[3];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_dup(s->a, &s->c));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	say_bytes(s, "recv", snt_recv(s->a, bytes, 3), bytes);
	say_recv(s, s->c);
	return 0;
}

static int dup_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_dup(s->server, &s->c));
	end(&s->server);
	say_code(s, "connect", connect_to(s, &s->a));
	say_code(s, "accept", snt_accept(s->c, &s->b));
	end(&s->c);
	say_code(s, "connect", connect_to(s, &s->d));
	return 0;
}

static int dup_abort_one(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_dup(s->a, &s->c));
	snt_abort(s->a);
	s->a = NULL;
	say_send(s, s->c, "still open");
	say_recv(s, s->b);
	end(&s->c);
	say_recv(s, s->b);
	return 0;
}

static int fromfd_names(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_fromfd(&s->c, snt_fileno(s->a)));
	say_peername(s, s->c);
	say_send(s, s->c, "hello");
	say_recv(s, s->b);
	end(&s->c);
	say_send(s, s->a, "again");
	say_recv(s, s->b);
	return 0;
}

static int fromfd_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_fromfd(&s->c, snt_fileno(s->server)));
	say_code(s, "connect", connect_to(s, &s->a));
	say_code(s, "accept", snt_accept(s->c, &s->b));
	return 0;
}

static int fromfd_closed(struct stage *s)
{
	say_code(s, "fromfd", snt_fromfd(&s->a, -1));
	return 0;
}

static int detach_goes_on(struct stage *s)
{
	int fd;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(fd = snt_detach(s->a));
	s->a = NULL;
	say_recv_now(s, s->b);
	s->world->close(fd);
	say_recv(s, s->b);
	return 0;
}

static int say_hello(void *arg)
{
	return (int)snt_send(arg, "from a worker", 13);
}

static int used_by_worker(struct stage *s, bool released)
{
	const struct snt_workers_opts one = { .count = 1, .keep_going = true };
	snt_auto(workers) workers = NULL;

	SNT_TRY(tcp_pair(s));
	say_send(s, s->a, "from here, ");
	if (released)
		say_code(s, "release", snt_release(s->a));
	SNT_TRY(snt_workers_open(&workers, &one));
	SNT_TRY(snt_workers_spawn(workers, say_hello, s->a, NULL));
	say_code(s, "send on a worker", snt_workers_wait(workers));
	if (released)
		SNT_TRY(await_bytes(s->b, 24));
	say_recv(s, s->b);
	return 0;
}

static int release_to_worker(struct stage *s)
{
	return used_by_worker(s, true);
}

static int no_release_to_worker(struct stage *s)
{
	return used_by_worker(s, false);
}

static const struct fidelity_row rows[] = {
	{ "recv_fds", "a socket comes", fds_come },
	{ "recv_fds", "the socket was closed under way", fds_under_way },
	{ "recv", "a socket comes along", fds_not_taken },
	{ "close", "a socket to be received is queued", fds_never_received },
	{ "recv_fds", "more come than there is room for", fds_too_many },
	{ "recv_fds", "bytes without descriptors", fds_none_came },
	{ "recv_fds", "bytes before and behind", fds_part_the_stream },
	{ "recv", "bytes with a socket among others", fds_part_a_recv },
	{ "send_fds", "over TCP", fds_of_tcp },
	{ "send_fds", "of a TCP connection", fds_tcp_socket },
	{ "send_fds", "one is not open", fds_bad },
	{ "send_fds", "peer closed", fds_peer_closed },
	{ "recv_fds", "peer closed", fds_end },
	{ "recv_fds", "empty datagram", fds_with_datagram },
	{ "dup", "one of two is closed", dup_close_one },
	{ "dup", "one of two is shut down", dup_shutdown },
	{ "dup", "both receive", dup_shares_bytes },
	{ "dup", "of a listener, the first is closed", dup_listener },
	{ "dup", "one of two is aborted", dup_abort_one },
	{ "fromfd", "connected", fromfd_names },
	{ "fromfd", "listening", fromfd_listener },
	{ "fromfd", "not open", fromfd_closed },
	{ "detach", "connected", detach_goes_on },
	{ "release", "connected, used by a worker", release_to_worker },
	{ "send", "connected, by a worker without a release",
	  no_release_to_worker },
};

FIDELITY_SUBJECT(passing, rows);
