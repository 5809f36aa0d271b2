/* SPDX-License-Identifier: MIT */
/* Datagrams in batches, runs that go as one, control items typed, errors kept. */
#include "fidelity.h"

#include <sennit/datagram.h>
#include <sennit/options.h>

#define COUNT 8

struct some {
	char room[SNT_BATCH_SIZE(COUNT, 64)];
	struct snt_datagram datagrams[COUNT];
};

static const char bytes[2000];

/* What is there, once so many have come. */
static void say_many(struct stage *s, struct snt_socket *socket, int count)
{
	struct some some;
	ptrdiff_t n;

	for (int got = 0; got < count; got += (int)n) {
		n = snt_recvmany(socket, some.room, sizeof some.room,
				 some.datagrams, COUNT);
		if (n <= 0) {
			say_code(s, "recvmany", n);
			return;
		}
		for (ptrdiff_t i = 0; i < n; i++)
			say(s, "%zu of %zu", some.datagrams[i].size,
			    some.datagrams[i].real_size);
	}
}

static ptrdiff_t send_sizes(struct snt_socket *socket, struct snt_addr *addr,
			    const size_t *sizes, size_t count)
{
	struct snt_datagram datagrams[COUNT];

	for (size_t i = 0; i < count; i++)
		datagrams[i] = (struct snt_datagram){ .buffer = (void *)bytes,
						      .size = sizes[i],
						      .addr = addr };
	return snt_sendmany(socket, datagrams, count);
}

static int many_of(struct stage *s, const char *text)
{
	static const size_t sizes[] = { 3, 0, 5, 5, 5, 2 };

	SNT_TRY(two_on(s, text));
	say_code(s, "sendmany", send_sizes(s->a, &s->addr, sizes, 6));
	say_many(s, s->b, 6);
	return 0;
}

static int many(struct stage *s)
{
	return many_of(s, "127.0.0.1:0");
}

static int many_v6(struct stage *s)
{
	return many_of(s, "[::1]:0");
}

static int none_is_there(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	snt_settimeout(s->b, SNT_NOWAIT);
	say_many(s, s->b, 1);
	snt_settimeout(s->b, 5 * SNT_MILLISECOND);
	say_many(s, s->b, 1);
	return 0;
}

static int cut_off(struct stage *s)
{
	struct some some;
	const size_t size = 2000;
	ptrdiff_t n;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "sendmany", send_sizes(s->a, &s->addr, &size, 1));
	n = snt_recvmany(s->b, some.room, SNT_BATCH_SIZE(1, 64), some.datagrams,
			 1);
	say_code(s, "recvmany", n);
	if (n == 1)
		say(s, "%s of %zu",
		    some.datagrams[0].size < 2000 ? "a part" : "all",
		    some.datagrams[0].real_size);
	return 0;
}

static int one_fails(struct stage *s)
{
	struct snt_addr nowhere = literal("127.0.0.1:0");
	struct snt_datagram datagrams[3];

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	for (size_t i = 0; i < 3; i++)
		datagrams[i] =
			(struct snt_datagram){ .buffer = (void *)bytes,
					       .size = i + 1,
					       .addr = i == 1 ? &nowhere
							      : &s->addr };
	say_code(s, "sendmany", snt_sendmany(s->a, datagrams, 3));
	say_code(s, "sendmany", snt_sendmany(s->a, datagrams + 1, 2));
	say_many(s, s->b, 1);
	return 0;
}

static int refused(struct stage *s)
{
	static const size_t sizes[] = { 1, 2 };

	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "sendmany", send_sizes(s->a, NULL, sizes, 1));
	say_many(s, s->a, 1);
	snt_settimeout(s->a, SNT_NOWAIT);
	say_many(s, s->a, 1);
	return 0;
}

static int shut_down(struct stage *s)
{
	static const size_t sizes[] = { 1, 2 };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->b, &s->addr));
	SNT_TRY(snt_shutdown(s->b, SHUT_RDWR));
	say_many(s, s->b, 1);
	say_code(s, "sendmany", send_sizes(s->b, NULL, sizes, 2));
	return 0;
}

static int unix_many(struct stage *s)
{
	static const size_t sizes[] = { 3, 0, 5 };

	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->c, &s->addr));
	say_code(s, "sendmany", send_sizes(s->a, &s->addr, sizes, 3));
	say_many(s, s->c, 3);
	return 0;
}

/* Sends a run in one buffer. */
static ptrdiff_t send_run(struct stage *s, size_t size, size_t segment)
{
	struct snt_control control = { .has = SNT_CONTROL_SEGMENT,
				       .segment = segment };
	const struct snt_datagram run = { .buffer = (void *)bytes,
					  .size = size,
					  .addr = &s->addr,
					  .control = &control };

	return snt_send_datagram(s->a, &run);
}

static int run_of(struct stage *s, const char *text)
{
	SNT_TRY(two_on(s, text));
	say_code(s, "run of 3", send_run(s, 25, 10));
	say_many(s, s->b, 3);
	say_code(s, "run of 1", send_run(s, 10, 10));
	say_many(s, s->b, 1);
	say_code(s, "run of none", send_run(s, 0, 10));
	say_many(s, s->b, 1);
	say_code(s, "run of 129", send_run(s, 129, 1));
	return 0;
}

static int run_v4(struct stage *s)
{
	return run_of(s, "127.0.0.1:0");
}

static int run_v6(struct stage *s)
{
	return run_of(s, "[::1]:0");
}

static int run_unchecked(struct stage *s)
{
	static const size_t sizes[] = { 5, 5, 2 };
	const int on = 1;

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_setsockopt(s->a, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on));
	say_code(s, "run of 3", send_run(s, 25, 10));
	say_code(s, "sendmany", send_sizes(s->a, &s->addr, sizes, 3));
	say_many(s, s->b, 3);
	return 0;
}

static void say_error_kept(struct stage *s)
{
	struct snt_datagram_error error;
	int code = (int)say_code(s, "recverr", snt_recverr(s->a, &error));

	if (code < 0)
		return;
	say_code(s, "with", error.code);
	say(s, "type %d, code %d", error.icmp_type, error.icmp_code);
	say_addr(s, "to", &error.to);
	say_addr(s, "by", &error.by);
}

static int errors_of(struct stage *s, const char *text, int family)
{
	const size_t size = 1;

	SNT_TRY(nobody_at(s, text));
	SNT_TRY(snt_socket(&s->a, family, SOCK_DGRAM, 0));
	say_code(s, "set_recverr", snt_set_recverr(s->a, true));
	say_error_kept(s);
	say_code(s, "sendmany", send_sizes(s->a, &s->addr, &size, 1));
	say_many(s, s->a, 1);
	say_error_kept(s);
	say_error_kept(s);
	return 0;
}

static int errors(struct stage *s)
{
	return errors_of(s, "127.0.0.1:0", AF_INET);
}

static int errors_v6(struct stage *s)
{
	return errors_of(s, "[::1]:0", AF_INET6);
}

static int errors_mapped(struct stage *s)
{
	return errors_of(s, "127.0.0.1:0", AF_INET6);
}

static int control_of(struct stage *s, const char *text)
{
	struct snt_control sent = { .has = SNT_CONTROL_TTL | SNT_CONTROL_TOS,
				    .ttl = 9,
				    .tos = 3 };
	struct snt_control got = { .has = 0 };
	struct snt_datagram out = { .buffer = (void *)bytes,
				    .size = 5,
				    .control = &sent };
	char room[8];
	struct snt_datagram in = { .buffer = room,
				   .size = sizeof room,
				   .control = &got };

	SNT_TRY(two_on(s, text));
	out.addr = &s->addr;
	say_code(s, "set_control",
		 snt_set_control(s->b, SNT_CONTROL_LOCAL | SNT_CONTROL_TTL |
					       SNT_CONTROL_TOS |
					       SNT_CONTROL_TIME));
	say_code(s, "send", snt_send_datagram(s->a, &out));
	say_code(s, "recv", snt_recv_datagram(s->b, &in));
	say(s, "has %#x, TTL %d, TOS %d", got.has, got.ttl, got.tos);
	say_addr(s, "local", &got.local);
	say_code(s, "no credentials",
		 snt_set_control(s->b, SNT_CONTROL_CREDENTIALS));
	return 0;
}

static int control(struct stage *s)
{
	return control_of(s, "127.0.0.1:0");
}

static int control_v6(struct stage *s)
{
	return control_of(s, "[::1]:0");
}

static const struct fidelity_row rows[] = {
	{ "sendmany, recvmany", "six datagrams", many },
	{ "sendmany, recvmany", "six datagrams, IPv6", many_v6 },
	{ "sendmany, recvmany", "Unix datagrams", unix_many },
	{ "recvmany", "nothing is there", none_is_there },
	{ "recvmany", "less room than the datagram", cut_off },
	{ "sendmany", "the second cannot be sent", one_fails },
	{ "sendmany, recvmany", "connected, refused", refused },
	{ "recvmany", "shut down", shut_down },
	{ "send_datagram", "a run", run_v4 },
	{ "send_datagram", "a run, IPv6", run_v6 },
	{ "send_datagram", "a run without checksums", run_unchecked },
	{ "recverr", "refused, unconnected", errors },
	{ "recverr", "refused, unconnected, IPv6", errors_v6 },
	{ "recverr", "refused, IPv4 by an IPv6 socket", errors_mapped },
	{ "recv_datagram", "control items", control },
	{ "recv_datagram", "control items, IPv6", control_v6 },
};

FIDELITY_SUBJECT(batch, rows);
