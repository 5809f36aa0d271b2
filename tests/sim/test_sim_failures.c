/* SPDX-License-Identifier: MIT */
/* Each call of the table that can fail does so when the world is told to make
 * it. The program uses them all, and minds nothing. */
#include "worlds.h"

#include <signal.h>
#include <sys/uio.h>

/* Of a failing step: no wait is longer. */
#define LIMIT (5 * SNT_SECOND)

struct user {
	int failed; /* steps */
	int heard;  /* the last one's code */
};

static int pair(void)
{
	struct iovec bytes = { (char[]){ "hello" }, 5 };
	struct snt_message message = { .buffers = &bytes, .buffer_count = 1 };
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(socket) c = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_sendmsg(a, &message));
	SNT_TRY(snt_wait_readable(b));
	SNT_TRY(snt_recvmsg(b, &message));
	SNT_TRY(snt_dup(a, &c));
	SNT_TRY(snt_shutdown(c, SHUT_WR));
	return (int)snt_recv(b, bytes.iov_base, 5);
}

static int datagram(void)
{
	snt_auto(socket) socket = NULL;
	struct snt_addr addr;
	char buf[8];
	int ttl;

	SNT_TRY(snt_addr_parse(&addr, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(socket, &addr));
	SNT_TRY(snt_getsockname(socket, &addr));
	SNT_TRY(snt_set_ttl(socket, 9));
	SNT_TRY(snt_get_ttl(socket, &ttl));
	SNT_TRY(snt_sendto(socket, "hello", 5, &addr));
	return (int)snt_recvfrom(socket, buf, sizeof buf, NULL);
}

static int stream(void)
{
	snt_auto(socket) server = NULL;
	snt_auto(socket) client = NULL;
	snt_auto(socket) conn = NULL;
	struct snt_addr addr;
	char buf[8];

	SNT_TRY(snt_addr_parse(&addr, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&server, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(server, &addr));
	SNT_TRY(snt_listen(server, 0));
	SNT_TRY(snt_getsockname(server, &addr));
	SNT_TRY(snt_socket(&client, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_connect(client, &addr));
	SNT_TRY(snt_accept(server, &conn));
	SNT_TRY(snt_getpeername(conn, &addr));
	SNT_TRY(snt_send(client, "hello", 5));
	return (int)snt_recv(conn, buf, sizeof buf);
}

static int path(void)
{
	const struct snt_server_opts opts = { .mode = 0600 };
	snt_auto(socket) server = NULL;

	return snt_create_server(&server, "unix:/run/x", &opts);
}

static int adopt(void)
{
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	snt_auto(socket) c = NULL;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	return snt_fromfd(&c, snt_fileno(a));
}

static int interfaces(void)
{
	snt_auto(interface_list) list = NULL;
	struct snt_interface all[4];

	SNT_TRY(snt_interfaces(&list));
	return snt_if_nameindex(all, 4);
}

static int catch (void)
{
	const int number = SIGUSR1;
	snt_auto(signals) signals = NULL;

	return snt_signals_open(&signals, &number, 1);
}

static int work(void *arg)
{
	return arg == NULL ? 0 : -EIO;
}

static int offload(void)
{
	return snt_offload(work, NULL, NULL);
}

static int workers(void)
{
	const struct snt_workers_opts opts = { .count = 1 };
	snt_auto(workers) workers = NULL;

	SNT_TRY(snt_workers_open(&workers, &opts));
	SNT_TRY(snt_workers_spawn(workers, work, NULL, NULL));
	return snt_workers_wait(workers);
}

static int use_all(void *arg)
{
	int (*const steps[])(void) = { pair,       datagram, stream,
				       path,       adopt,    catch,
				       interfaces, workers,  offload };
	struct user *user = arg;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		int code;

		snt_timeout_scope(limit, LIMIT);
		code = steps[i]();
		if (code < 0) {
			user->failed++;
			user->heard = code;
		}
	}
	return 0;
}

struct demand {
	struct snt_sim_failure failure;
	struct user user;
};

static int world(struct snt_sim *sim, void *arg)
{
	struct demand *demand = arg;
	struct snt_sim_host *host;

	SNT_TRY(snt_sim_add(sim, &host, "a", NULL));
	if (demand->failure.call != NULL || demand->failure.chance > 0)
		SNT_TRY(snt_sim_set_failure(sim, host, &demand->failure));
	SNT_TRY(snt_sim_start(host, use_all, &demand->user));
	return snt_sim_join(host, NULL);
}

static const char *const calls[] = {
	"accept",       "bind",       "chmod",        "connect",
	"describe",     "dup",        "file_id",      "getpeername",
	"getsockname",  "getsockopt", "if_nameindex", "interfaces",
	"listen",       "look",       "memory",       "notifier",
	"recv",         "recvfrom",   "recvmsg",      "send",
	"sendmsg",      "sendto",     "setsockopt",   "shutdown",
	"signal_catch", "socket",     "socketpair",   "submit",
	"thread_start", "unlink",
};
#define CALLS (sizeof calls / sizeof calls[0])

static void without_failures_all_of_it_succeeds(void)
{
	struct demand demand = { 0 };

	goes_well(world, &demand, 1);
	assert_int_equal(demand.user.failed, 0);
}

/* With that code, once; and the report says which. */
static void each_call_fails_when_it_is_told_to(void)
{
	for (size_t i = 0; i < CALLS; i++) {
		struct demand demand = { .failure = { .call = calls[i],
						      .code = -EHOSTDOWN,
						      .times = 1 } };
		struct snt_sim_report report;

		OK(snt_sim_run(world, &demand,
			       &(struct snt_sim_opts){ .seed = 1 }, &report));
		if (strcmp(report.faults[0].kind, calls[i]) != 0 ||
		    report.faults[0].count != 1)
			fail_msg("%s: \"%s\"", calls[i], report.only);
		snt_sim_report_release(&report);
	}
}

static void each_has_failures_of_its_own(void)
{
	for (size_t i = 0; i < CALLS; i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct demand demand = { .failure = { .call = calls[i],
							      .times = 1 } };

			goes_well(world, &demand, seed);
		}
}

static void what_a_call_is_told_to_fail_with_reaches_the_program(void)
{
	struct demand demand = { .failure = { .call = "socketpair",
					      .code = -EHOSTDOWN,
					      .times = 1 } };

	goes_well(world, &demand, 1);
	assert_int_equal(demand.user.failed, 1);
	assert_int_equal(demand.user.heard, -EHOSTDOWN);
}

static void a_failure_can_wait_for_its_turn(void)
{
	/* The second of two pairs is the one that is adopted from. */
	struct demand demand = { .failure = { .call = "socketpair",
					      .code = -EHOSTDOWN,
					      .after = 1 } };

	goes_well(world, &demand, 1);
	assert_int_equal(demand.user.failed, 1);
	demand = (struct demand){ .failure = { .call = "socketpair",
					       .code = -EHOSTDOWN,
					       .after = 2 } };
	goes_well(world, &demand, 1);
	assert_int_equal(demand.user.failed, 0);
}

static void a_failure_can_last_for_ever(void)
{
	struct demand demand = { .failure = { .call = "socketpair" } };

	goes_well(world, &demand, 1);
	assert_int_equal(demand.user.failed, 2);
}

/* Of every call, and of those for memory that a program may make. */
static void all_calls_fail_by_chance(void)
{
	uint64_t failures = 0;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct demand demand = { .failure = { .chance = 30000 } };
		struct snt_sim_report report = goes_well(world, &demand, seed);

		for (int i = 0; i < SNT_SIM_KINDS; i++)
			failures += report.faults[i].count;
	}
	assert_true(failures > 300);
}

static void memory_fails_at_each_place_in_turn(void)
{
	bool more = true;

	for (unsigned after = 0; more; after++) {
		struct demand demand = { .failure = { .call = "memory",
						      .after = after,
						      .times = 1 } };

		more = goes_well(world, &demand, 1).faults[0].count > 0;
		assert_true(after < 1000);
	}
}

/* Opens and closes a group until that fails. */
static int take_memory(void *arg)
{
	int *worked = arg;

	for (; *worked < 1000; (*worked)++) {
		struct snt_group *group;

		if (snt_group_open(&group, NULL) < 0)
			return 0;
		snt_group_end(group);
	}
	return 0;
}

static int be_short_of_memory(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_failure failure = { .call = "memory",
						 .chance = 100000 };
	struct snt_sim_host *host;

	SNT_TRY(snt_sim_add(sim, &host, "a", NULL));
	SNT_TRY(snt_sim_set_failure(sim, host, &failure));
	SNT_TRY(snt_sim_start(host, take_memory, arg));
	return snt_sim_join(host, NULL);
}

static void memory_fails_by_chance(void)
{
	int least = 1000, most = 0;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		int worked = 0;

		goes_well(be_short_of_memory, &worked, seed);
		least = worked < least ? worked : least;
		most = worked > most ? worked : most;
	}
	assert_true(most > least + 10);
}

static int change_it(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_failure failure = { .call = "socketpair" };
	struct user *user = arg;
	struct snt_sim_host *host;

	OK(snt_sim_set_failure(sim, NULL, &failure));
	SNT_TRY(snt_sim_add(sim, &host, "a", NULL));
	SNT_TRY(snt_sim_start(host, use_all, user));
	SNT_TRY(snt_sim_join(host, NULL));
	assert_int_equal(user->failed, 2);
	OK(snt_sim_set_failure(sim, NULL, NULL));
	SNT_TRY(snt_sim_start(host, use_all, user));
	SNT_TRY(snt_sim_join(host, NULL));
	assert_int_equal(user->failed, 2);
	return 0;
}

static void what_holds_for_every_host_holds_for_those_to_come(void)
{
	struct user user = { 0 };

	goes_well(change_it, &user, 1);
}

static const struct test_case cases[] = {
	TEST(without_failures_all_of_it_succeeds),
	TEST(each_call_fails_when_it_is_told_to),
	TEST_SLOW(each_has_failures_of_its_own, 60),
	TEST(what_a_call_is_told_to_fail_with_reaches_the_program),
	TEST(a_failure_can_wait_for_its_turn),
	TEST(a_failure_can_last_for_ever),
	TEST_SLOW(all_calls_fail_by_chance, 60),
	TEST_SLOW(memory_fails_at_each_place_in_turn, 60),
	TEST(memory_fails_by_chance),
	TEST(what_holds_for_every_host_holds_for_those_to_come),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
