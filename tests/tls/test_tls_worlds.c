/* SPDX-License-Identifier: MIT */
/* TLS in simulated worlds: its chance and its time are the world's. */
#include "handshakes.h"

#include "io/io.h"

#include <sennit/fiber.h>
#include <sennit/sim.h>
#include <stdlib.h>

struct told {
	bool tickets;
	int version;
	uint64_t client, server; /* hashes of what went over */
	size_t client_size, server_size;
};

static uint64_t hash(const struct wire *wire)
{
	uint64_t sum = 14695981039346656037U;

	for (size_t i = 0; i < wire->size; i++)
		sum = (sum ^ wire->bytes[i]) * 1099511628211U;
	return sum;
}

static int shake_in_world(void *arg)
{
	struct told *told = arg;
	const struct snt_tls_opts opts = { .no_resumption = !told->tickets,
					   .maximum_version = told->version };
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, &opts);
	struct snt_tls_context *client;
	struct handshake handshake;

	assert_int_equal(snt_make_certificate(server, NULL), 0);
	client = client_of(server, NULL);
	shake(&handshake, client, server, "localhost");
	handshake_talk(&handshake);
	assert_ended(&handshake.at_client, 0, NULL);
	told->client = hash(&handshake.from_client);
	told->server = hash(&handshake.from_server);
	told->client_size = handshake.from_client.size;
	told->server_size = handshake.from_server.size;
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	return 0;
}

static int (*program)(void *arg);

static int direct(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host;

	SNT_TRY(snt_sim_add(sim, &host, "host", NULL));
	SNT_TRY(snt_sim_start(host, program, arg));
	return snt_sim_join(host, NULL);
}

static int run(int (*fn)(void *arg), void *arg, uint64_t seed)
{
	const struct snt_sim_opts opts = { .seed = seed };

	program = fn;
	return snt_sim_run(direct, arg, &opts, NULL);
}

static struct told told_by(uint64_t seed, int version, bool tickets)
{
	struct told told = { .tickets = tickets, .version = version };

	assert_int_equal(run(shake_in_world, &told, seed), 0);
	return told;
}

static void worlds_of_one_seed_say_the_same_bytes(void)
{
	static const int versions[] = { SNT_TLS_1_3, SNT_TLS_1_2 };

	for (int i = 0; i < 2; i++)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct told a = told_by(seed, versions[i], false);
			struct told b = told_by(seed, versions[i], false);

			assert_true(a.client == b.client);
			assert_true(a.server == b.server);
		}
}

static void worlds_of_other_seeds_say_others(void)
{
	struct told a = told_by(1, 0, false), b = told_by(2, 0, false);

	assert_true(a.client != b.client);
	assert_true(a.server != b.server);
}

/* The real time of day is sealed in it: the bytes differ, not how many. */
static void tickets_leave_the_sizes_equal(void)
{
	struct told a = told_by(3, 0, true), b = told_by(3, 0, true);

	assert_int_equal(a.client_size, b.client_size);
	assert_int_equal(a.server_size, b.server_size);
}

static int wait_until_it_expires(void *arg)
{
	const struct snt_make_certificate_opts opts = { .valid = 60 *
								 SNT_MINUTE };
	struct snt_tls_context *server = context_of(SNT_TLS_SERVER, NULL);
	struct snt_tls_context *client;
	struct handshake handshake;

	(void)arg;
	assert_int_equal(snt_make_certificate(server, &opts), 0);
	client = client_of(server, NULL);
	assert_shakes(client, server, "localhost");
	assert_int_equal(snt_sleep(90 * SNT_MINUTE), 0);
	shake(&handshake, client, server, "localhost");
	assert_ended(&handshake.at_client, -SNT_ECERTIFICATE,
		     "certificate of localhost: expired 2026-01-01 01:00 UTC "
		     "(certificate 0, CN=localhost)");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
	return 0;
}

static void certificates_expire_by_the_clock_of_the_world(void)
{
	assert_int_equal(run(wait_until_it_expires, NULL, 1), 0);
}

/* As if the program had brought it along. */
static int meet(void *arg)
{
	struct snt_tls_context *brought = arg;
	struct snt_tls_context *made = context_of(SNT_TLS_SERVER, NULL);
	const struct snt__io *world = snt__io;
	SSL *ssl;

	assert_int_equal(snt_make_certificate(made, NULL), 0);
	REFUSED_WITH(snt__tls_new(brought, NULL, &ssl), -EINVAL,
		     "it was made outside a simulated world, and is of no use "
		     "in one");
	REFUSED_WITH(snt_make_certificate(brought, NULL), -EINVAL, "outside");
	assert_int_equal(snt_set_servername(made, "a.example", brought),
			 -EINVAL);
	REFUSED_WITH(snt_set_servername(brought, "a.example", NULL), -EINVAL,
		     "outside");
	REFUSED_WITH(snt_rotate_ticket_key(brought), -EINVAL, "outside");
	REFUSED_WITH(snt_load_verify_locations(brought, NULL, NULL, "", 0),
		     -EINVAL, "outside");
	snt__io = &snt__kernel_io;
	REFUSED_WITH(snt__tls_new(made, NULL, &ssl), -EINVAL,
		     "it was made in a simulated world, and is of no use "
		     "outside one");
	snt__io = world;
	snt_tls_context_close(made);
	return 0;
}

static void contexts_do_not_cross_worlds(void)
{
	struct snt_tls_context *outside = made_server(NULL);

	assert_int_equal(run(meet, outside, 1), 0);
	snt_tls_context_close(outside);
}

static int read_a_file(void *arg)
{
	const struct snt_tls_opts opts = { .cafile = "/etc/passwd" };
	struct snt_tls_context *client;

	(void)arg;
	return snt_create_default_context(&client, SNT_TLS_CLIENT, &opts);
}

static void a_file_would_leave_the_world(void)
{
	assert_int_equal(run(read_a_file, NULL, 1), -SNT_ESIMULATION);
	assert_non_null(strstr(snt_errmsg(), "would leave the simulation"));
}

static const struct test_case cases[] = {
	TEST(worlds_of_one_seed_say_the_same_bytes),
	TEST(worlds_of_other_seeds_say_others),
	TEST(tickets_leave_the_sizes_equal),
	TEST(certificates_expire_by_the_clock_of_the_world),
	TEST(contexts_do_not_cross_worlds),
	TEST(a_file_would_leave_the_world),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
