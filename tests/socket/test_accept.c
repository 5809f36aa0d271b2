/* SPDX-License-Identifier: MIT */
/* Connections taken from a listener, also when descriptors are used up. */
#include "net.h"

#include "io/io.h"

#include <time.h>

static void accept_takes_connections_in_the_order_they_came(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *peers[20], *conn;

		for (char i = 0; i < 20; i++) {
			peers[(int)i] = connected_to(server);
			OK(snt_sendall(peers[(int)i], &i, 1));
		}
		for (char i = 0; i < 20; i++) {
			char byte;

			OK(snt_accept(server, &conn));
			OK(snt_recv_exact(conn, &byte, 1));
			assert_int_equal(byte, i);
			snt_close(conn);
			snt_close(peers[(int)i]);
		}
		snt_close(server);
	}
}

static void an_accepted_connection_knows_both_its_names(void)
{
	struct snt_addr here, there, expected;
	struct snt_socket *a, *b;

	pair_on("[::1]:0", &a, &b);
	OK(snt_getpeername(b, &there));
	expected = name_of(a);
	assert_true(snt_addr_equal(&there, &expected));
	OK(snt_getpeername(a, &there));
	here = name_of(b);
	assert_true(snt_addr_equal(&there, &here));
	snt_close(a);
	snt_close(b);
}

static int accept_many(void *arg)
{
	struct snt_socket *conn;

	for (int i = 0; i < 40; i++) {
		OK(snt_accept(arg, &conn));
		snt_close(conn);
	}
	return 0;
}

/* The acceptor waits again and again; connections come on either address. */
static void accept_serves_every_address_of_the_server(void)
{
	struct snt_socket *server = server_on("localhost:0");
	struct snt_group *group = group_open();
	struct snt_addr addrs[2];

	assert_int_equal(OK(snt_getsocknames(server, addrs, 2)), 2);
	spawn(group, accept_many, server);
	for (int i = 0; i < 40; i++) {
		const struct snt_addr *addr = &addrs[(i / 3) % 2];
		struct snt_socket *peer;

		OK(snt_socket(&peer, addr->sa.any.sa_family, SOCK_STREAM, 0));
		OK(snt_connect(peer, addr));
		OK(snt_yield());
		snt_close(peer);
	}
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(server);
}

static void a_peer_that_left_before_accept_is_an_ended_connection(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *conn;
		struct snt_socket *peer = connected_to(server);
		char bytes[8];

		OK(snt_sendall(peer, "bye", 3));
		snt_close(peer);
		OK(snt_accept(server, &conn));
		assert_int_equal(OK(snt_recv(conn, bytes, 8)), 3);
		assert_int_equal(OK(snt_recv(conn, bytes, 8)), 0);
		snt_close(conn);
		snt_close(server);
	}
}

static void a_peer_that_reset_before_accept_harms_only_its_own_connection(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn, *peer;
	struct snt_addr addr = name_of(server);
	int fd = raw_socket(AF_INET, SOCK_STREAM);
	char byte;

	assert_int_equal(raw_connect(fd, &addr), 0);
	raw_reset(fd);
	OK(snt_accept(server, &conn));
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
	snt_close(conn);
	peer = connected_to(server);
	OK(snt_accept(server, &conn));
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
}

static void accept_on_what_does_not_listen_is_an_invalid_argument(void)
{
	struct snt_socket *socket, *conn;

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_accept(socket, &conn), -EINVAL);
	TELLS("accept on a handle that does not listen");
	snt_close(socket);
}

/* Errors that accept(2) passes on from the network, and its own. */
static struct {
	struct snt__io table;
	const int *codes;
	size_t count, calls;
} faulty;

static int faulty_accept(int fd, struct snt_addr *peer)
{
	size_t call = faulty.calls++;

	return call < faulty.count ? -faulty.codes[call]
				   : real_io()->accept(fd, peer);
}

static void accept_after(const int *codes, size_t count)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_socket *peer = connected_to(server);

	faulty.table = *real_io();
	faulty.table.accept = faulty_accept;
	faulty.codes = codes;
	faulty.count = count;
	faulty.calls = 0;
	snt__io = &faulty.table;
	OK(snt_accept(server, &conn));
	snt__io = real_io();
	assert_int_equal(faulty.calls, count + 1);
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
}

static void connections_that_died_in_the_queue_are_passed_over(void)
{
	static const int codes[] = { ECONNABORTED, EPROTO,    ENOPROTOOPT,
				     ENETDOWN,     EHOSTDOWN, EHOSTUNREACH,
				     ENETUNREACH,  ENONET,    EPERM };

	accept_after(codes, COUNT(codes));
}

/* As where a program was started without a standard input. */
static void descriptor_zero_is_one_as_well(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_socket *peer = connected_to(server);
	char byte;

	close(0);
	OK(snt_accept(server, &conn));
	OK(snt_sendall(peer, "x", 1));
	assert_int_equal(OK(snt_recv(conn, &byte, 1)), 1);
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
}

static void shortages_are_waited_out(void)
{
	static const int codes[] = { ENFILE, EMFILE, ENOBUFS, ENOMEM };

	accept_after(codes, COUNT(codes));
}

static int limit_before;

static void use_up_descriptors(void)
{
	limit_before = limit_descriptors(3);
}

static void give_descriptors_back(void)
{
	limit_descriptors(limit_before);
}

static int64_t cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * SNT_SECOND + time.tv_nsec;
}

static void without_descriptors_accept_does_not_spin(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_socket *peer = connected_to(server);
	int64_t began, took;

	use_up_descriptors();
	snt_settimeout(server, SNT_SECOND);
	began = cpu_time();
	FAILS(snt_accept(server, &conn), -ETIMEDOUT);
	took = cpu_time() - began;
	give_descriptors_back();
	assert_in_range(took, 0, MILLISECONDS(20) * test_slowness());
	OK(snt_accept(server, &conn));
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
}

static int note_time_later(void *arg)
{
	SNT_TRY(snt_sleep(MILLISECONDS(430)));
	*(bool *)arg = true;
	return 0;
}

/* The pauses between its tries grow; the limit is kept all the same: who
 * sleeps a little longer, and began no earlier, does not wake before. */
static void without_descriptors_accept_keeps_its_timeout(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_socket *peer = connected_to(server);
	struct snt_group *group = group_open();
	int64_t began = snt_now(), took;
	bool later = false;

	spawn(group, note_time_later, &later);
	use_up_descriptors();
	snt_settimeout(server, MILLISECONDS(330));
	FAILS(snt_accept(server, &conn), -ETIMEDOUT);
	took = snt_now() - began;
	assert_false(later);
	give_descriptors_back();
	assert_true(took >= MILLISECONDS(330));
	if (simulated())
		assert_int_equal(took, MILLISECONDS(330));
	OK(snt_group_end(group));
	snt_close(peer);
	snt_close(server);
}

struct acceptor {
	struct snt_socket *server;
	struct snt_socket *conn;
};

static int accept_one(void *arg)
{
	struct acceptor *acceptor = arg;

	OK(snt_accept(acceptor->server, &acceptor->conn));
	return 0;
}

/* Freed where nobody tells the library. */
static void when_descriptors_come_back_accept_serves_again(void)
{
	struct acceptor acceptor = { server_on("localhost:0"), NULL };
	struct snt_socket *peer = connected_to(acceptor.server);
	struct snt_group *group = group_open();
	int64_t began;

	spawn(group, accept_one, &acceptor);
	use_up_descriptors();
	OK(snt_sleep(MILLISECONDS(50)));
	assert_null(acceptor.conn);
	give_descriptors_back();
	began = snt_now();
	OK(snt_group_wait(group));
	assert_in_range(snt_now() - began, 0, SNT_SECOND * test_slowness());
	OK(snt_group_end(group));
	snt_close(acceptor.conn);
	snt_close(acceptor.server);
	snt_close(peer);
}

/* The limit is reached by connections of this thread, and one of them ends. */
static void a_close_lets_a_starved_accept_go_on_at_once(void)
{
	struct acceptor acceptor = { server_on("127.0.0.1:0"), NULL };
	struct snt_socket *peer = connected_to(acceptor.server), *held;
	struct snt_group *group = group_open();

	OK(snt_socket(&held, AF_INET, SOCK_STREAM, 0));
	spawn(group, accept_one, &acceptor);
	limit_before = limit_descriptors(snt_fileno(held) + 1);
	/* By now its pauses are long. */
	OK(snt_sleep(MILLISECONDS(700)));
	assert_null(acceptor.conn);
	snt_close(held);
	let_them_wait();
	assert_non_null(acceptor.conn);
	OK(snt_group_wait(group));
	give_descriptors_back();
	OK(snt_group_end(group));
	snt_close(acceptor.conn);
	snt_close(acceptor.server);
	snt_close(peer);
}

static void several_starved_servers_all_serve_again(void)
{
	struct snt_group *group = group_open();
	struct acceptor acceptors[5] = { 0 };
	struct snt_socket *peers[5];

	for (size_t i = 0; i < 5; i++) {
		acceptors[i].server = server_on("127.0.0.1:0");
		peers[i] = connected_to(acceptors[i].server);
	}
	for (size_t i = 0; i < 5; i++)
		spawn(group, accept_one, &acceptors[i]);
	use_up_descriptors();
	OK(snt_sleep(MILLISECONDS(40)));
	assert_int_equal(snt_group_count(group), 5);
	give_descriptors_back();
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	for (size_t i = 0; i < 5; i++) {
		snt_close(acceptors[i].conn);
		snt_close(acceptors[i].server);
		snt_close(peers[i]);
	}
}

static void a_second_acceptor_is_refused_and_the_first_unharmed(void)
{
	static const char *const texts[] = { "127.0.0.1:0", "localhost:0" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct acceptor acceptor = { server_on(texts[i]), NULL };
		struct snt_group *group = group_open();
		struct snt_socket *conn, *peer;

		spawn(group, accept_one, &acceptor);
		OK(snt_yield());
		FAILS(snt_accept(acceptor.server, &conn), -EBUSY);
		FAILS(snt_wait_readable(acceptor.server), -EBUSY);
		peer = connected_to(acceptor.server);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(acceptor.conn);
		snt_close(acceptor.server);
		snt_close(peer);
	}
}

static void accepted_connections_send_small_pieces_at_once(void)
{
	for (int nagle = 0; nagle < 2; nagle++) {
		struct snt_server_opts opts = { .nagle = nagle };
		struct snt_socket *server, *peer, *conn;

		OK(snt_create_server(&server, "127.0.0.1:0", &opts));
		peer = connected_to(server);
		OK(snt_accept(server, &conn));
		assert_int_equal(raw_get_int(snt_fileno(conn), IPPROTO_TCP,
					     TCP_NODELAY) != 0,
				 !nagle);
		snt_close(conn);
		snt_close(peer);
		snt_close(server);
	}
}

static const struct test_case cases[] = {
	TEST(accept_takes_connections_in_the_order_they_came),
	TEST(an_accepted_connection_knows_both_its_names),
	TEST(accept_serves_every_address_of_the_server),
	TEST(a_peer_that_left_before_accept_is_an_ended_connection),
	TEST(a_peer_that_reset_before_accept_harms_only_its_own_connection),
	TEST(accept_on_what_does_not_listen_is_an_invalid_argument),
	TEST(connections_that_died_in_the_queue_are_passed_over),
	TEST_KERNEL(descriptor_zero_is_one_as_well),
	TEST(shortages_are_waited_out),
	TEST(without_descriptors_accept_does_not_spin),
	TEST(without_descriptors_accept_keeps_its_timeout),
	TEST(when_descriptors_come_back_accept_serves_again),
	TEST(a_close_lets_a_starved_accept_go_on_at_once),
	TEST(several_starved_servers_all_serve_again),
	TEST(a_second_acceptor_is_refused_and_the_first_unharmed),
	TEST(accepted_connections_send_small_pieces_at_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
