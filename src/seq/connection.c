/* SPDX-License-Identifier: MIT */
/*
 * Sessions that begin here. Those of a name's addresses are raced as RFC 8305
 * says, each on a connected socket of its own, so that the system tells at once
 * where nobody is; one fiber waits for all of them.
 */
#include "addr/endpoint.h"
#include "base/alloc.h"
#include "base/deadline.h"
#include "fiber/call.h"
#include "seq/handshake.h"
#include "socket/parts.h"

#include <sennit/resolve.h>
#include <sennit/socket.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPT_DELAY (250 * SNT_MILLISECOND)
#define AT_ONCE 8

static bool is_pending(const struct snt_seq *seq)
{
	return seq->state == SNT__SEQ_ASKING || seq->state == SNT__SEQ_OPENING;
}

/* Makes it and asks; the program's from now on. */
static int start(struct snt_seq_endpoint *endpoint, struct snt_seq **seq,
		 const struct snt_addr *addr)
{
	const struct snt__seq_route route = {
		.part = snt__part_for(endpoint->socket, addr),
		.addr = *addr,
	};
	struct snt_seq *made;
	int code;

	if (!snt__seq_may_talk(endpoint, addr))
		return snt__seq_fail_at(addr, -EPERM,
					"without a key only loopback is "
					"spoken to; .insecure_plain allows "
					"more");
	code = snt__seq_session_make(&made, endpoint, &route);
	if (code == -ENOSPC || code == -SNT_ELIMIT)
		return snt__seq_fail_at(addr, -SNT_ELIMIT,
					code == -ENOSPC
						? "the endpoint has as many "
						  "sessions as it may"
						: "as many sessions with that "
						  "address as there may be");
	if (code < 0)
		return snt__seq_fail_at(addr, code, NULL);
	made->is_client = true;
	made->handed = true;
	snt__seq_client_ask(made, snt__io->now());
	*seq = made;
	return 0;
}

static int silent(const struct snt_addr *addr)
{
	return snt__seq_fail_at(addr, -ETIMEDOUT, "nobody has answered");
}

/* What went wrong with one that is over. */
static int why(const struct snt_seq *seq)
{
	return snt__seq_session_fail(seq);
}

/* An IPv6 socket knows IPv4 addresses in another form. */
static int fit(const struct snt_seq_endpoint *endpoint,
	       struct snt_addr *fitting, const struct snt_addr *addr)
{
	const struct snt_socket *part;
	int family = addr->sa.any.sa_family;

	*fitting = *addr;
	if (family != AF_INET && family != AF_INET6)
		return snt__seq_fail_at(addr, -EAFNOSUPPORT, NULL);
	part = snt__part_for(endpoint->socket, addr);
	if (part->family == family)
		return 0;
	if (family == AF_INET6)
		return snt__seq_fail_at(addr, -EAFNOSUPPORT,
					"the endpoint's socket is of IPv4");
	*fitting = (struct snt_addr){ .size = sizeof fitting->sa.in6 };
	fitting->sa.in6.sin6_family = AF_INET6;
	fitting->sa.in6.sin6_port = addr->sa.in.sin_port;
	memset(fitting->sa.in6.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(fitting->sa.in6.sin6_addr.s6_addr + 12, &addr->sa.in.sin_addr,
	       4);
	return 0;
}

int snt_seq_connect(struct snt_seq_endpoint *endpoint, struct snt_seq **seq,
		    const struct snt_addr *addr)
{
	struct snt_fiber *self = snt__fiber_now();
	struct snt_seq *made = NULL;
	struct snt_addr fitting;
	int64_t deadline;
	int code = snt__enter(self);

	if (code == 0)
		code = snt__seq_home_check(&endpoint->home);
	if (code < 0)
		return snt__fail(code, "seq connect");
	SNT_TRY(fit(endpoint, &fitting, addr));
	code = start(endpoint, &made, &fitting);
	if (made == NULL)
		return code;
	deadline =
		snt__deadline(snt__io->now(), endpoint->opts.handshake_timeout);
	while (code == 0 && is_pending(made)) {
		made->writer = self;
		snt__park_for("seq connect");
		code = snt__park(deadline);
		made->writer = NULL;
	}
	if (code == 0 && made->state == SNT__SEQ_OVER)
		code = why(made);
	else if (code == -ETIMEDOUT && self->deadline > deadline)
		code = silent(addr);
	else if (code < 0)
		code = snt__seq_fail_at(addr, code, NULL);
	if (code < 0) {
		snt_seq_close(made);
		return code;
	}
	snt__seq_client_chosen(made);
	*seq = made;
	return 0;
}

/* Too large for the stack of a fiber. */
struct race {
	const char *text;
	const struct snt_seq_opts *opts;
	struct snt_addr addrs[SNT_ADDRS_MAX];
	size_t count, next;
	struct snt_seq *running[AT_ONCE];
	size_t running_count;
	int64_t until; /* the handshake's time is over */
	int last;      /* the last failure */
	char reasons[384];
	size_t length;
};

/* The fiber's last failure is one of several. */
static void add_reason(struct race *race, int code)
{
	size_t room = sizeof race->reasons - race->length;
	int length = snprintf(race->reasons + race->length, room, "%s%s",
			      race->length > 0 ? "; " : "", snt_errmsg());

	race->last = code;
	if (length > 0)
		race->length +=
			(size_t)length < room ? (size_t)length : room - 1;
}

static int make_endpoint(struct snt_seq_endpoint **endpoint,
			 const struct snt_addr *addr,
			 const struct snt_seq_opts *opts)
{
	struct snt_socket *socket = NULL;
	int code = snt__socket_make(&socket, addr->sa.any.sa_family, SOCK_DGRAM,
				    0);

	if (socket == NULL)
		return snt__seq_fail_at(addr, code, NULL);
	code = snt__io->connect(socket->handle.fd, addr);
	if (code < 0)
		code = snt__seq_fail_at(addr, code, NULL);
	else
		code = snt__seq_endpoint_make(endpoint, socket, opts);
	if (code < 0)
		snt_close(socket);
	return code;
}

static void start_next(struct race *race)
{
	const struct snt_addr *addr = &race->addrs[race->next++];
	struct snt_seq_endpoint *endpoint = NULL;
	struct snt_seq *made = NULL;
	int code = make_endpoint(&endpoint, addr, race->opts);

	if (endpoint != NULL)
		code = start(endpoint, &made, addr);
	if (made == NULL) {
		snt_seq_endpoint_close(endpoint);
		add_reason(race, code);
		return;
	}
	made->has_endpoint = true;
	made->writer = snt__fiber_now();
	race->running[race->running_count++] = made;
}

/* The first that is up; those that are over are closed. */
static struct snt_seq *look(struct race *race)
{
	for (size_t i = 0; i < race->running_count;) {
		struct snt_seq *seq = race->running[i];

		if (is_pending(seq)) {
			i++;
			continue;
		}
		race->running[i] = race->running[--race->running_count];
		seq->writer = NULL;
		if (seq->state == SNT__SEQ_UP)
			return seq;
		add_reason(race, why(seq));
		snt_seq_close(seq);
	}
	return NULL;
}

static void end_race(struct race *race)
{
	for (size_t i = 0; i < race->running_count; i++) {
		race->running[i]->writer = NULL;
		snt_seq_close(race->running[i]);
	}
	race->running_count = 0;
}

static int wait_for_any(const struct race *race)
{
	int64_t until = race->until;
	int code;

	if (race->next < race->count && race->running_count < AT_ONCE)
		until = snt__earlier(until, snt__io->now() + ATTEMPT_DELAY);
	snt__park_for("seq connect");
	code = snt__park(until);
	return code == -ETIMEDOUT && snt__fiber_now()->deadline > until ? 1
									: code;
}

static int run(struct race *race, struct snt_seq **seq)
{
	bool begin = true;

	for (;;) {
		size_t before;
		int code;

		while (race->next < race->count &&
		       race->running_count < AT_ONCE &&
		       (begin || race->running_count == 0)) {
			start_next(race);
			begin = false;
		}
		*seq = look(race);
		if (*seq != NULL)
			return 0;
		if (race->running_count == 0) {
			if (race->next < race->count)
				continue;
			return snt__fail_text(race->last, "%s", race->reasons);
		}
		before = race->running_count;
		code = wait_for_any(race);
		if (code < 0)
			return snt__fail(code, "seq %s", race->text);
		if (snt__io->now() >= race->until)
			return snt__fail_text(
				-ETIMEDOUT, "seq %s: nobody has answered%s%s",
				race->text, race->length > 0 ? "; " : "",
				race->reasons);
		*seq = look(race);
		if (*seq != NULL)
			return 0;
		begin = code == 1 || race->running_count < before;
	}
}

static int find(struct race *race)
{
	const struct snt_getaddrinfo_opts lookup = { .type = SOCK_DGRAM };
	struct snt__endpoint where;
	char port[8];
	int code = snt__endpoint_parse(&where, race->text,
				       snt__io->if_nametoindex);

	if (code < 0)
		return code;
	race->count = 1;
	race->addrs[0] = where.addr;
	if (where.kind == SNT__ENDPOINT_IP)
		return 0;
	if (where.kind != SNT__ENDPOINT_NAME && where.kind != SNT__ENDPOINT_ANY)
		return snt__fail_text(-EINVAL, "seq %s: it is no UDP address",
				      race->text);
	snprintf(port, sizeof port, "%u", where.port);
	code = snt_getaddrinfo(where.kind == SNT__ENDPOINT_ANY ? NULL
							       : where.host,
			       where.service[0] ? where.service : port,
			       race->addrs, SNT_ADDRS_MAX, &lookup);
	if (code < 0)
		return code;
	race->count = code < SNT_ADDRS_MAX ? (size_t)code : SNT_ADDRS_MAX;
	return 0;
}

int snt_seq_create_connection(struct snt_seq **seq, const char *text,
			      const struct snt_seq_opts *opts)
{
	struct snt_seq_opts settled;
	struct snt_seq *made = NULL;
	struct race *race;
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "seq %s", text);
	SNT_TRY(snt__seq_settle(&settled, opts));
	race = snt__alloc(sizeof *race);
	if (race == NULL)
		return snt__fail(-ENOMEM, "seq %s", text);
	race->text = text;
	race->opts = opts;
	race->until = snt__deadline(snt__io->now(), settled.handshake_timeout);
	code = find(race);
	if (code == 0)
		code = run(race, &made);
	end_race(race);
	snt__free(race);
	if (code < 0)
		return code;
	snt__seq_client_chosen(made);
	*seq = made;
	return 0;
}
