/* SPDX-License-Identifier: MIT */
/*
 * Datagrams between simulated hosts: over links that lose, double and disorder
 * them, to hosts that are dead, or not there, or have no such socket.
 */
#include "datagrams.h"

#include <netinet/in.h>

/* The server's program: what it hears goes back to who said it. */
static int answer(void *text)
{
	struct snt_socket *socket = at(text);

	for (;;) {
		char bytes[2048];
		struct snt_addr from;
		ptrdiff_t n;

		snt_settimeout(socket, SNT_FOREVER);
		n = snt_recvfrom(socket, bytes, sizeof bytes, &from);
		if (n < 0)
			break;
		OK(snt_sendto(socket, bytes, (size_t)n, &from));
	}
	snt_close(socket);
	return 0;
}

static void start_server(int (*program)(void *arg), const char *text)
{
	OK(snt_sim_start(server, program, (void *)(uintptr_t)text));
}

static int ask_both_families(void *unused)
{
	static const char *const servers[] = { "10.0.0.2:7", "[fd00::2]:7" };
	static const char *const answers[] = { "hello from 10.0.0.2:7",
					       "hello from [fd00::2]:7" };

	(void)unused;
	start_server(answer, "[::]:7");
	OK(snt_sleep(SNT_SECOND));
	for (size_t i = 0; i < COUNT(servers); i++) {
		struct snt_socket *socket =
			unbound(addr_of(servers[i]).sa.any.sa_family);
		int64_t before = snt_now();

		OK(say_to(socket, "hello", servers[i]));
		assert_string_equal(heard(socket), answers[i]);
		/* Twice the link's latency. */
		assert_int_equal(snt_now() - before, 200000);
		snt_close(socket);
	}
	snt_sim_stop(server);
	return 0;
}

static void a_datagram_takes_the_links_time_to_another_host_and_back(void)
{
	in_world(ask_both_families);
}

static int be_refused(void *unused)
{
	struct snt_socket *socket = towards("10.0.0.2:7");
	char byte;

	(void)unused;
	OK(snt_send(socket, "x", 1));
	FAILS(snt_recv(socket, &byte, 1), -ECONNREFUSED);
	FAILS(snt_recv(socket, &byte, 1), -ETIMEDOUT);
	OK(snt_send(socket, "x", 1));
	OK(snt_sleep(SNT_SECOND));
	FAILS(snt_send(socket, "x", 1), -ECONNREFUSED);
	OK(snt_send(socket, "x", 1));
	snt_close(socket);
	return 0;
}

static void a_connected_socket_hears_once_that_nobody_is_there(void)
{
	in_world(be_refused);
}

static int not_hear_of_it(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:70");

	(void)unused;
	OK(say_to(socket, "x", "10.0.0.2:7"));
	assert_string_equal(heard(socket), snt_strerror(-ETIMEDOUT));
	snt_close(socket);
	return 0;
}

static void an_unconnected_socket_hears_nothing_of_that(void)
{
	in_world(not_hear_of_it);
}

/* How struct sock_extended_err begins. */
struct complaint {
	uint32_t error;
	uint8_t origin, type, code, pad;
};

static struct complaint complaint_of(struct snt_socket *socket, char *bytes,
				     size_t size, struct snt_addr *about)
{
	char control[256] __attribute__((aligned(8)));
	const struct iovec all = { bytes, size };
	struct snt_message message = {
		&all, 1, about, control, sizeof control, MSG_ERRQUEUE, 0, 0
	};
	struct complaint complaint;

	OK(snt_recvmsg(socket, &message));
	assert_int_equal(message.told, MSG_ERRQUEUE);
	memcpy(&complaint, CMSG_DATA((struct cmsghdr *)(void *)control),
	       sizeof complaint);
	return complaint;
}

static int read_complaints(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:70");
	struct complaint complaint;
	struct snt_addr about;
	char bytes[16] = { 0 }, text[SNT_ADDR_TEXT];

	(void)unused;
	set_int(socket, IPPROTO_IP, IP_RECVERR, 1);
	OK(say_to(socket, "hello", "10.0.0.2:7"));
	assert_string_equal(heard(socket), snt_strerror(-ECONNREFUSED));
	complaint = complaint_of(socket, bytes, sizeof bytes, &about);
	assert_int_equal(complaint.error, ECONNREFUSED);
	assert_int_equal(complaint.origin, 2);
	assert_int_equal(complaint.type, 3);
	assert_int_equal(complaint.code, 3);
	assert_string_equal(bytes, "hello");
	snt_addr_format(&about, text, sizeof text);
	assert_string_equal(text, "10.0.0.2:7");
	/* Nobody has that address: asked for it for 3 s. */
	OK(say_to(socket, "x", "10.0.0.99:7"));
	assert_string_equal(heard(socket), snt_strerror(-EHOSTUNREACH));
	complaint = complaint_of(socket, bytes, sizeof bytes, &about);
	assert_int_equal(complaint.error, EHOSTUNREACH);
	snt_close(socket);
	return 0;
}

static void the_error_queue_tells_what_became_of_a_datagram(void)
{
	in_world(read_complaints);
}

#define MANY 200

/* The n-th says n; every one of them apart from the next. */
static int say_many(void *unused)
{
	struct snt_socket *socket = towards("10.0.0.2:7");

	(void)unused;
	OK(snt_sleep(SNT_SECOND));
	for (uint32_t i = 0; i < MANY; i++) {
		OK(snt_send(socket, &i, sizeof i));
		OK(snt_sleep(SNT_MILLISECOND / 2));
	}
	OK(snt_sleep(SOON));
	snt_close(socket);
	return 0;
}

static uint32_t got[2 * MANY];
static size_t got_count;

static int hear_many(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	while (snt_recv(socket, &got[got_count], sizeof got[0]) >= 0)
		got_count++;
	snt_close(socket);
	return 0;
}

static struct snt_sim_link bad_link;

static void prepare_bad_link(struct snt_sim *sim)
{
	snt_sim_set_link(sim, client, server, &bad_link);
	start_server(hear_many, NULL);
}

static void over_bad_link(struct snt_sim_link link, uint64_t seed,
			  struct snt_sim_report *report)
{
	bad_link = link;
	bad_link.latency = SNT_MILLISECOND;
	run_small(&(struct small){ .prepare = prepare_bad_link,
				   .program = say_many },
		  seed, report);
}

static void a_link_that_loses_loses_some(void)
{
	struct snt_sim_report report;

	over_bad_link((struct snt_sim_link){ .loss = 300000 }, 0, &report);
	assert_in_range(got_count, 1, MANY - 1);
	assert_int_equal(faults_of(&report, "loss"), MANY - got_count);
	for (size_t i = 1; i < got_count; i++)
		assert_true(got[i] > got[i - 1]);
	snt_sim_report_release(&report);
}

static void a_link_that_duplicates_brings_some_twice(void)
{
	over_bad_link((struct snt_sim_link){ .duplicate = 1000000 }, 0, NULL);
	assert_int_equal(got_count, 2 * MANY);
	for (size_t i = 0; i < got_count; i++)
		assert_int_equal(got[i], i / 2);
}

static void a_link_that_reorders_brings_all(void)
{
	bool seen[MANY] = { false }, in_order = true;

	over_bad_link((struct snt_sim_link){ .reorder = 300000 }, 0, NULL);
	assert_int_equal(got_count, MANY);
	for (size_t i = 0; i < got_count; i++) {
		assert_in_range(got[i], 0, MANY - 1);
		assert_false(seen[got[i]]);
		seen[got[i]] = true;
		in_order = in_order && got[i] == i;
	}
	assert_false(in_order);
}

static void a_silent_link_brings_nothing_and_nobody_hears_of_it(void)
{
	over_bad_link((struct snt_sim_link){ .silent = true }, 0, NULL);
	assert_int_equal(got_count, 0);
}

/* Of a connected socket too: it is no fatal error there. */
static void an_unreachable_host_is_told_to_the_error_queue_alone(void)
{
	over_bad_link((struct snt_sim_link){ .unreachable = true }, 0, NULL);
	assert_int_equal(got_count, 0);
}

static void the_same_seed_gives_the_same_world(void)
{
	const struct snt_sim_link link = { .loss = 100000,
					   .duplicate = 100000,
					   .reorder = 100000,
					   .jitter = SNT_MILLISECOND };
	struct snt_sim_report reports[2];

	for (int i = 0; i < 2; i++) {
		got_count = 0;
		over_bad_link(link, 1234, &reports[i]);
	}
	assert_true(reports[0].digest == reports[1].digest);
	assert_int_equal(reports[0].packets, reports[1].packets);
	for (int i = 0; i < 2; i++)
		snt_sim_report_release(&reports[i]);
}

static int send_without_a_way(void *unused)
{
	struct snt_socket *socket = unbound(AF_INET6);

	(void)unused;
	FAILS(say_to(socket, "x", "[fd00::2]:7"), -ENETUNREACH);
	OK(say_to(socket, "x", "[::1]:7"));
	OK(say_to(socket, "x", "[::ffff:10.0.0.2]:7"));
	snt_close(socket);
	return 0;
}

static int on_four(void *unused)
{
	int result;

	(void)unused;
	OK(snt_sim_start(four, send_without_a_way, NULL));
	return snt_sim_join(four, &result);
}

static void a_host_without_an_address_has_no_way(void)
{
	in_world(on_four);
}

static int hear_one(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	assert_string_equal(heard(socket), "all from 10.0.0.1:70");
	snt_close(socket);
	return 0;
}

static int say_to_all(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:70"), *own = at("0.0.0.0:7");

	(void)unused;
	OK(snt_sim_start(four, hear_one, NULL));
	start_server(hear_one, NULL);
	OK(snt_sleep(SNT_SECOND));
	FAILS(say_to(socket, "all", "255.255.255.255:7"), -EACCES);
	OK(snt_set_broadcast(socket, true));
	OK(say_to(socket, "all", "255.255.255.255:7"));
	assert_string_equal(heard(own), "all from 10.0.0.1:70");
	OK(snt_sim_join(four, NULL));
	OK(snt_sim_join(server, NULL));
	/* And its network's. */
	OK(say_to(socket, "net", "10.0.255.255:7"));
	assert_string_equal(heard(own), "net from 10.0.0.1:70");
	snt_close(socket);
	snt_close(own);
	return 0;
}

static void what_is_for_all_needs_leave_and_reaches_all(void)
{
	in_world(say_to_all);
}

static int hear_until_cancelled(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");
	char byte;

	(void)unused;
	snt_settimeout(socket, SNT_FOREVER);
	FAILS(snt_recv(socket, &byte, 1), -ECANCELED);
	snt_close(socket);
	return -ECANCELED;
}

static int say_to_the_dead(void *unused)
{
	struct snt_socket *socket = towards("10.0.0.2:7");
	char byte;

	(void)unused;
	start_server(hear_until_cancelled, NULL);
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	OK(snt_send(socket, "x", 1));
	FAILS(snt_recv(socket, &byte, 1), -ETIMEDOUT);
	FAILS(snt_sim_join(server, NULL), 0);
	/* It is back, and no socket is there; then one is. */
	start_server(answer, "0.0.0.0:70");
	OK(snt_send(socket, "x", 1));
	FAILS(snt_recv(socket, &byte, 1), -ECONNREFUSED);
	snt_close(socket);
	socket = towards("10.0.0.2:70");
	OK(snt_send(socket, "x", 1));
	FAILS(snt_recv(socket, &byte, 1), 1);
	snt_close(socket);
	snt_sim_stop(server);
	return 0;
}

static void a_killed_host_is_silent_until_it_is_back(void)
{
	in_world(say_to_the_dead);
}

static const struct test_case cases[] = {
	TEST(a_datagram_takes_the_links_time_to_another_host_and_back),
	TEST(a_connected_socket_hears_once_that_nobody_is_there),
	TEST(an_unconnected_socket_hears_nothing_of_that),
	TEST(the_error_queue_tells_what_became_of_a_datagram),
	TEST(a_link_that_loses_loses_some),
	TEST(a_link_that_duplicates_brings_some_twice),
	TEST(a_link_that_reorders_brings_all),
	TEST(a_silent_link_brings_nothing_and_nobody_hears_of_it),
	TEST(an_unreachable_host_is_told_to_the_error_queue_alone),
	TEST(the_same_seed_gives_the_same_world),
	TEST(a_host_without_an_address_has_no_way),
	TEST(what_is_for_all_needs_leave_and_reaches_all),
	TEST(a_killed_host_is_silent_until_it_is_back),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
