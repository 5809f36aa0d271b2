/* SPDX-License-Identifier: MIT */
/* What counts as ready: for one socket, for any of several, for a selector. */
#include "fidelity.h"

#include <sennit/options.h>
#include <sennit/wait.h>

/* In which directions it is ready now. */
static void say_ready(struct stage *s, const char *what,
		      struct snt_socket *socket)
{
	struct snt_selector *selector;
	struct snt_selected one;
	int count, code = snt_selector_open(&selector);

	if (code < 0) {
		say_code(s, "selector", code);
		return;
	}
	code = snt_selector_register(selector, socket,
				     SNT_READABLE | SNT_WRITABLE, NULL);
	count = code < 0 ? code
			 : snt_selector_select(selector, &one, 1, SNT_NOWAIT);
	snt_selector_close(selector);
	if (count < 0)
		say_code(s, "select", count);
	else if (count == 0)
		say(s, "%s not ready", what);
	else
		say(s, "%s%s%s", what,
		    one.events & SNT_READABLE ? " readable" : "",
		    one.events & SNT_WRITABLE ? " writable" : "");
}

static int just_made(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_STREAM, 0));
	say_ready(s, "TCP", s->a);
	say_ready(s, "UDP", s->b);
	say_ready(s, "Unix", s->c);
	return 0;
}

static int listening(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_ready(s, "it is", s->server);
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_wait_readable(s->server));
	say_ready(s, "it is", s->server);
	SNT_TRY(snt_accept(s->server, &s->b));
	say_ready(s, "it is", s->server);
	return 0;
}

static int connected(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_ready(s, "it is", s->a);
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(snt_wait_readable(s->a));
	say_ready(s, "it is", s->a);
	say_recv(s, s->a);
	say_ready(s, "it is", s->a);
	return 0;
}

static int full(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(stuff(s->a));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "wait_writable", snt_wait_writable(s->a));
	say_code(s, "wait_readable", snt_wait_readable(s->a));
	return 0;
}

static int room_again(struct stage *s)
{
	char bytes[4096];
	ptrdiff_t n, left;

	SNT_TRY(small_pair(s));
	SNT_TRY(left = stuff(s->a));
	SNT_TRY(start(s, 0, do_wait_writable, s->a));
	while (left > 0 && (n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		left -= n;
	SNT_TRY(finish(s));
	say_code(s, "wait_writable", s->calls[0].result);
	say_send(s, s->a, "hello");
	return 0;
}

static int peer_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	SNT_TRY(snt_wait_readable(s->a));
	say_ready(s, "it is", s->a);
	say_recv(s, s->a);
	say_ready(s, "it is", s->a);
	return 0;
}

static int both_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->a);
	say_ready(s, "it is", s->a);
	return 0;
}

static int aborted(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	snt_abort(s->b);
	s->b = NULL;
	SNT_TRY(snt_wait_readable(s->a));
	say_ready(s, "it is", s->a);
	return 0;
}

static int refused(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_ready(s, "it is", s->a);
	return 0;
}

static int shut_for_writing(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_ready(s, "it is", s->a);
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	say_ready(s, "it is", s->a);
	return 0;
}

static int datagram_ready(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_ready(s, "it is", s->b);
	SNT_TRY(snt_sendto(s->a, "", 0, &s->addr));
	SNT_TRY(snt_wait_readable(s->b));
	say_ready(s, "it is", s->b);
	say_recvfrom(s, s->b, NULL);
	say_ready(s, "it is", s->b);
	return 0;
}

static int datagram_refused(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	end(&s->b);
	SNT_TRY(snt_connect(s->a, &s->addr));
	SNT_TRY(snt_send(s->a, "hello", 5));
	SNT_TRY(snt_wait_readable(s->a));
	say_ready(s, "it is", s->a);
	say_recvfrom(s, s->a, NULL);
	say_ready(s, "it is", s->a);
	return 0;
}

static int unix_peer_closed(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	say_ready(s, "it is", s->a);
	end(&s->b);
	say_ready(s, "it is", s->a);
	return 0;
}

static int any_of_two(struct stage *s)
{
	struct snt_wait waits[2] = { { .events = SNT_READABLE },
				     { .events = SNT_READABLE } };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	waits[0].socket = s->a;
	waits[1].socket = s->b;
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	say_code(s, "wait_any", snt_wait_any(waits, 2));
	say(s, "first %u, second %u", waits[0].ready, waits[1].ready);
	return 0;
}

static int any_in_time(struct stage *s)
{
	struct snt_wait wait = { .events = SNT_READABLE };

	SNT_TRY(tcp_pair(s));
	wait.socket = s->a;
	snt_timeout_scope(limit, 20 * SNT_MILLISECOND);
	say_code(s, "wait_any", snt_wait_any(&wait, 1));
	return 0;
}

static int any_direction(struct stage *s)
{
	struct snt_wait wait = { .events = SNT_READABLE | SNT_WRITABLE };

	SNT_TRY(tcp_pair(s));
	wait.socket = s->a;
	say_code(s, "wait_any", snt_wait_any(&wait, 1));
	say(s, "ready %u", wait.ready);
	return 0;
}

static int select_level(struct stage *s)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected one;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_selector_open(&selector));
	SNT_TRY(snt_selector_register(selector, s->a, SNT_READABLE, NULL));
	say_code(s, "select",
		 snt_selector_select(selector, &one, 1, SNT_NOWAIT));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	say_code(s, "select", snt_selector_select(selector, &one, 1, 0));
	say_code(s, "unread", snt_selector_select(selector, &one, 1, 0));
	say_recv(s, s->a);
	say_code(s, "read", snt_selector_select(selector, &one, 1, SNT_NOWAIT));
	end(&s->b);
	say_code(s, "closed", snt_selector_select(selector, &one, 1, 0));
	return 0;
}

static int select_closed(struct stage *s)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected one;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_selector_open(&selector));
	SNT_TRY(snt_selector_register(selector, s->a, SNT_WRITABLE, NULL));
	say_code(s, "register again",
		 snt_selector_register(selector, s->a, SNT_READABLE, NULL));
	say_code(s, "select", snt_selector_select(selector, &one, 1, 0));
	end(&s->a);
	say_code(s, "closed",
		 snt_selector_select(selector, &one, 1, SNT_NOWAIT));
	say_code(s, "registered", snt_selector_get_map(selector, &one, 1));
	return 0;
}

static int select_many(struct stage *s)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected ready[4];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_selector_open(&selector));
	SNT_TRY(snt_selector_register(selector, s->a, SNT_READABLE, NULL));
	SNT_TRY(snt_selector_register(selector, s->b, SNT_READABLE, NULL));
	SNT_TRY(snt_selector_register(selector, s->server, SNT_READABLE, NULL));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(connect_to(s, &s->c));
	SNT_TRY(snt_wait_readable(s->server));
	SNT_TRY(snt_wait_readable(s->a));
	say_code(s, "select", snt_selector_select(selector, ready, 4, 0));
	SNT_TRY(snt_selector_unregister(selector, s->a));
	say_code(s, "without one", snt_selector_select(selector, ready, 4, 0));
	return 0;
}

static int fd_ready(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "to write",
		 snt_fd_wait(snt_fileno(s->a), SNT_READABLE | SNT_WRITABLE));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(snt_wait_readable(s->a));
	say_code(s, "to both",
		 snt_fd_wait(snt_fileno(s->a), SNT_READABLE | SNT_WRITABLE));
	say_code(s, "no descriptor", snt_fd_wait(-1, SNT_READABLE));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "select", "just made", just_made },
	{ "select", "listening", listening },
	{ "select", "connected", connected },
	{ "wait_writable", "buffers are full, not to wait", full },
	{ "wait_writable", "buffers are full, peer reads", room_again },
	{ "select", "peer closed", peer_closed },
	{ "select", "both half-closed", both_half_closed },
	{ "select", "peer aborted", aborted },
	{ "select", "connect was refused", refused },
	{ "select", "shut down", shut_for_writing },
	{ "select", "an empty datagram is there", datagram_ready },
	{ "select", "datagrams, refused", datagram_refused },
	{ "select", "Unix, peer closed", unix_peer_closed },
	{ "wait_any", "two datagram sockets", any_of_two },
	{ "wait_any", "nothing comes in time", any_in_time },
	{ "wait_any", "either direction", any_direction },
	{ "select", "bytes stay unread", select_level },
	{ "select", "closed", select_closed },
	{ "select", "three registered", select_many },
	{ "fd_wait", "connected", fd_ready },
};

FIDELITY_SUBJECT(wait, rows);
