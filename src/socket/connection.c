/* SPDX-License-Identifier: MIT */
/*
 * A connection from a text: Happy Eyeballs version 2, RFC 8305. The addresses
 * of a name are tried one after the other, families in turn, the next one when
 * the one before has failed or has been silent for a while; the first to
 * answer wins and the others are closed. One fiber waits for all attempts, so
 * that a lone thread needs no other.
 */
#include "socket/connect.h"

#include "addr/endpoint.h"
#include "base/alloc.h"
#include "base/deadline.h"
#include "socket/layer.h"
#include "socket/parts.h"

#include <netinet/tcp.h>
#include <sennit/resolve.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPT_DELAY (250 * SNT_MILLISECOND)

/* How many attempts are under way at most; further addresses wait for one of
 * them to fail. */
#define AT_ONCE 8

/* Too large for the stack of a fiber. */
struct race {
	const char *text;
	bool literal;
	struct snt_connection_opts opts;
	struct snt_addr addrs[SNT_ADDRS_MAX];
	size_t count;
	size_t order[SNT_ADDRS_MAX]; /* in which they are tried */
	size_t next;
	struct snt_socket *running[AT_ONCE];
	size_t target[AT_ONCE]; /* which address each runs for */
	size_t running_count;
	int last;          /* the last failure */
	char reasons[384]; /* all of them */
	size_t reasons_length;
};

static void add_reason(struct race *race, const struct snt_addr *addr, int code)
{
	char address[SNT_ADDR_TEXT];
	size_t room = sizeof race->reasons - race->reasons_length;
	int length;

	race->last = code;
	snt_addr_format(addr, address, sizeof address);
	length = snprintf(race->reasons + race->reasons_length, room,
			  "%s%s: %s", race->reasons_length > 0 ? "; " : "",
			  address, snt_strerror(code));
	if (length > 0)
		race->reasons_length +=
			(size_t)length < room ? (size_t)length : room - 1;
}

static int prepare(const struct race *race, struct snt_socket *socket)
{
	const int on = 1;
	int code = 0;

	if (socket->kind == SNT__TCP && !race->opts.nagle)
		code = snt__io->setsockopt(socket->handle.fd, IPPROTO_TCP,
					   TCP_NODELAY, &on, sizeof on);
	if (code == 0 && race->opts.source.size > 0)
		code = snt__io->bind(socket->handle.fd, &race->opts.source);
	return code;
}

/*
 * A port nobody listens on can be the very one the kernel chose for us; then
 * TCP connects the socket to itself.
 */
static bool is_itself(const struct snt_socket *socket)
{
	struct snt_addr here, there;

	return socket->kind == SNT__TCP &&
	       snt__io->getsockname(socket->handle.fd, &here) == 0 &&
	       snt__io->getpeername(socket->handle.fd, &there) == 0 &&
	       snt_addr_equal(&here, &there);
}

/* Returns 1: *winner is connected. 0: it is under way, or failed. */
static int start_next(struct race *race, struct snt_socket **winner)
{
	size_t target = race->order[race->next++];
	const struct snt_addr *addr = &race->addrs[target];
	struct snt_socket *socket;
	int code = snt__socket_make(&socket, addr->sa.any.sa_family,
				    race->opts.type, 0);

	if (code < 0) {
		add_reason(race, addr, code);
		return 0;
	}
	code = prepare(race, socket);
	if (code == 0)
		code = snt__connect_start(socket, addr);
	if (code == 0 && is_itself(socket))
		code = -ECONNREFUSED;
	if (code == 0) {
		*winner = socket;
		return 1;
	}
	if (code == -EINPROGRESS) {
		race->target[race->running_count] = target;
		race->running[race->running_count++] = socket;
		return 0;
	}
	add_reason(race, addr, code);
	snt_close(socket);
	return 0;
}

static void drop(struct race *race, size_t place)
{
	race->running_count--;
	race->running[place] = race->running[race->running_count];
	race->target[place] = race->target[race->running_count];
}

/* Looks at the attempts that may have ended; as start_next. */
static int look(struct race *race, struct snt_socket **winner)
{
	for (size_t i = 0; i < race->running_count;) {
		struct snt_socket *socket = race->running[i];
		const struct snt_addr *addr = &race->addrs[race->target[i]];
		int code;

		if (!(socket->handle.ready & SNT__WRITE)) {
			i++;
			continue;
		}
		code = snt__connect_result(socket, addr);
		if (code == -EINPROGRESS)
			continue;
		if (code == 0 && is_itself(socket))
			code = -ECONNREFUSED;
		drop(race, i);
		if (code == 0) {
			*winner = socket;
			return 1;
		}
		add_reason(race, addr, code);
		snt_close(socket);
	}
	return 0;
}

/* 1: it is time for another attempt. 0: one of them may have ended.
 * -ETIMEDOUT and -ECANCELED are the caller's own. */
static int wait_for_any(const struct race *race)
{
	struct snt__watch watches[AT_ONCE];
	int64_t until = SNT_FOREVER;
	int code;

	for (size_t i = 0; i < race->running_count; i++)
		watches[i] = (struct snt__watch){
			.handle = &race->running[i]->handle,
			.directions = SNT__WRITE,
		};
	if (race->next < race->count && race->running_count < AT_ONCE)
		until = snt__deadline(snt__io->now(), race->opts.attempt_delay);
	code = snt__wait_any(watches, race->running_count, until);
	return code == -ETIMEDOUT && until <= snt__fiber_now()->deadline ? 1
									 : code;
}

static int run(struct race *race, struct snt_socket **winner)
{
	bool start = true;

	for (;;) {
		size_t before = race->running_count;
		int code = snt__enter(snt__fiber_now());

		if (code < 0)
			return code;
		if (start && race->next < race->count && before < AT_ONCE) {
			if (start_next(race, winner))
				return 0;
			/* After a failure the next need not wait. */
			start = race->running_count == before;
			continue;
		}
		if (before == 0)
			return race->last;
		code = wait_for_any(race);
		if (code < 0)
			return code;
		if (look(race, winner))
			return 0;
		start = code == 1 || race->running_count < before;
	}
}

/* The next address of that family, or not of it; count when there is none. */
static size_t find_family(const struct race *race, size_t from, int family,
			  bool same)
{
	while (from < race->count &&
	       (race->addrs[from].sa.any.sa_family == family) != same)
		from++;
	return from;
}

/* RFC 8305, 4: the first address's family, then the other, in turn. */
static void take_turns(struct race *race)
{
	int first = race->addrs[0].sa.any.sa_family;
	size_t place[2] = { 0, 0 }, count = 0;

	for (size_t turn = 0; count < race->count; turn++) {
		size_t *next = &place[turn % 2];

		*next = find_family(race, *next, first, turn % 2 == 0);
		if (*next < race->count)
			race->order[count++] = (*next)++;
	}
}

/* With a source address, only its family can be reached. */
static void keep_family(struct race *race)
{
	size_t kept = 0;

	if (race->opts.source.size == 0)
		return;
	for (size_t i = 0; i < race->count; i++)
		if (race->addrs[i].sa.any.sa_family ==
		    race->opts.source.sa.any.sa_family)
			race->addrs[kept++] = race->addrs[i];
	race->count = kept;
}

static int finish(struct race *race, int code)
{
	for (size_t i = 0; i < race->running_count; i++) {
		/* Silent until the caller was told to stop. */
		if (code < 0)
			add_reason(race, &race->addrs[race->target[i]], code);
		snt_close(race->running[i]);
	}
	if (code == 0)
		return 0;
	/* Of a literal, the one reason says no more than the code. */
	if (race->reasons_length == 0 || race->literal)
		return snt__fail(code, "connect %s", race->text);
	return snt__fail_text(code, "connect %s: %s", race->text,
			      race->reasons);
}

static int connect_unix(struct snt_socket **ret_socket, const struct race *race)
{
	struct snt_socket *socket;
	int code = snt__socket_make(&socket, AF_UNIX, race->opts.type, 0);

	if (code < 0)
		return snt__fail(code, "connect %s", race->text);
	code = snt_connect(socket, &race->addrs[0]);
	if (code < 0)
		snt_close(socket);
	else
		*ret_socket = socket;
	return code;
}

static int find(struct race *race, const struct snt__endpoint *where)
{
	char port[8];
	const char *host =
		where->kind == SNT__ENDPOINT_NAME ? where->host : NULL;
	int code;

	if (where->kind == SNT__ENDPOINT_IP ||
	    where->kind == SNT__ENDPOINT_UNIX) {
		race->addrs[0] = where->addr;
		race->count = 1;
		return 0;
	}
	snprintf(port, sizeof port, "%u", where->port);
	code = snt_getaddrinfo(
		host, where->service[0] ? where->service : port, race->addrs,
		SNT_ADDRS_MAX,
		&(struct snt_getaddrinfo_opts){ .type = race->opts.type });
	race->count = code > 0 ? (size_t)code : 0;
	return code < 0 ? code : 0;
}

static int connect_to(struct snt_socket **ret_socket, struct race *race,
		      const struct snt__endpoint *where)
{
	int code = find(race, where);

	if (code < 0)
		return code;
	race->literal = where->kind == SNT__ENDPOINT_IP;
	if (where->kind == SNT__ENDPOINT_UNIX)
		return connect_unix(ret_socket, race);
	keep_family(race);
	take_turns(race);
	race->last = -EAFNOSUPPORT;
	return finish(race, run(race, ret_socket));
}

/* "127.0.0.1:7000", "[fe80::1%2]:7000": the address alone. */
static const char *without_port(char *text)
{
	char *begin = text[0] == '[' ? text + 1 : text;
	char *end = strchr(begin, '%');

	if (end == NULL)
		end = strchr(begin, text[0] == '[' ? ']' : ':');
	if (end != NULL)
		*end = '\0';
	return begin;
}

/* Whom a client of TLS expects where nobody says so; NULL: nobody does. */
static const char *host_of(const struct snt__endpoint *where,
			   char text[SNT_ADDR_TEXT])
{
	struct snt_addr addr = where->addr;

	switch (where->kind) {
	case SNT__ENDPOINT_NAME:
		return where->host;
	case SNT__ENDPOINT_ANY:
		return "localhost";
	case SNT__ENDPOINT_IP:
		snt_addr_format(&addr, text, SNT_ADDR_TEXT);
		return without_port(text);
	default:
		return NULL;
	}
}

/* The layer is there before anybody is called: what is wrong with it is told
 * at once. */
static int prepare_tls(const struct race *race,
		       const struct snt__endpoint *where,
		       struct snt__layer **layer)
{
	struct snt_tls_context *tls = race->opts.tls;
	const char *host = race->opts.server_hostname;
	char text[SNT_ADDR_TEXT];

	*layer = NULL;
	if (tls == NULL)
		return 0;
	if (race->opts.type != SOCK_STREAM)
		return snt__fail_text(-EINVAL, "connect %s: TLS needs a stream",
				      race->text);
	if (host == NULL)
		host = host_of(where, text);
	return snt__secure_of(tls)->prepare(tls, host, layer);
}

static int connect_or_adopt(struct snt_socket **ret_socket, struct race *race,
			    const struct snt__endpoint *where)
{
	return where->kind == SNT__ENDPOINT_FD
		       ? snt_fromfd(ret_socket, where->fd)
		       : connect_to(ret_socket, race, where);
}

static int run_race(struct snt_socket **ret_socket, struct race *race,
		    const struct snt__endpoint *where)
{
	struct snt_tls_context *tls = race->opts.tls;
	struct snt_socket *socket = NULL;
	struct snt__layer *layer = NULL;
	int code;

	snt_timeout_scope(limit, race->opts.timeout);
	code = prepare_tls(race, where, &layer);
	if (code < 0)
		return code;
	code = connect_or_adopt(&socket, race, where);
	if (code < 0 && layer != NULL)
		layer->ops->end(layer);
	if (code == 0 && layer != NULL) {
		snt__secure_of(tls)->put(socket, layer);
		code = snt__secure_of(tls)->handshake(socket);
		if (code < 0)
			snt_close(socket);
	}
	if (code == 0)
		*ret_socket = socket;
	return code;
}

int snt_create_connection(struct snt_socket **socket, const char *text,
			  const struct snt_connection_opts *opts)
{
	struct snt__endpoint where;
	struct race *race;
	int code = snt__endpoint_parse(&where, text, snt__io->if_nametoindex);

	if (code < 0)
		return code;
	code = snt__enter(snt__fiber_now());
	if (code < 0)
		return snt__fail(code, "connect %s", text);
	race = snt__alloc(sizeof *race);
	if (race == NULL)
		return snt__fail(-ENOMEM, "connect %s", text);
	race->text = text;
	if (opts != NULL)
		race->opts = *opts;
	if (race->opts.type == 0)
		race->opts.type = SOCK_STREAM;
	if (race->opts.attempt_delay <= 0)
		race->opts.attempt_delay = ATTEMPT_DELAY;
	code = run_race(socket, race, &where);
	snt__free(race);
	return code;
}
