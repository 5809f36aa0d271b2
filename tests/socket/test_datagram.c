/* SPDX-License-Identifier: MIT */
/* Datagrams: whole or not at all, with the sender's address. */
#include "net.h"

#include <sennit/options.h>
#include <signal.h>

static struct snt_socket *udp_on(const char *text)
{
	struct snt_server_opts opts = { .type = SOCK_DGRAM };
	struct snt_socket *socket;

	OK(snt_create_server(&socket, text, &opts));
	return socket;
}

static const char *const datagram_kinds[] = { "127.0.0.1:0", "[::1]:0" };

#define EACH_DATAGRAM(text)                                                    \
	for (const char *const *each_ = datagram_kinds, *text;                 \
	     each_ < datagram_kinds + COUNT(datagram_kinds) &&                 \
	     (text = *each_) != NULL;                                          \
	     each_++)

static void a_datagram_arrives_whole_with_its_senders_address(void)
{
	static const size_t sizes[] = { 0, 1, 2, 512, 1472, 1473, 9000, 65507 };
	static char out[65507], in[65536];

	EACH_DATAGRAM(text)
	{
		struct snt_socket *a = udp_on(text), *b = udp_on(text);
		struct snt_addr to = name_of(b), mine = name_of(a), from;

		for (size_t i = 0; i < COUNT(sizes); i++) {
			memset(out, (int)i + 1, sizes[i]);
			assert_int_equal(OK(snt_sendto(a, out, sizes[i], &to)),
					 sizes[i]);
			assert_int_equal(
				OK(snt_recvfrom(b, in, sizeof in, &from)),
				sizes[i]);
			assert_memory_equal(in, out, sizes[i]);
			assert_true(snt_addr_equal(&from, &mine));
		}
		snt_close(a);
		snt_close(b);
	}
}

static void an_empty_datagram_is_zero_and_no_end(void)
{
	struct snt_socket *a = udp_on("127.0.0.1:0"),
			  *b = udp_on("127.0.0.1:0");
	struct snt_addr to = name_of(b);
	char bytes[4];

	assert_int_equal(OK(snt_sendto(a, "", 0, &to)), 0);
	OK(snt_sendto(a, "next", 4, &to));
	assert_int_equal(OK(snt_recv(b, bytes, 4)), 0);
	assert_int_equal(OK(snt_recv(b, bytes, 4)), 4);
	snt_close(a);
	snt_close(b);
}

static void a_datagram_that_does_not_fit_is_an_error(void)
{
	EACH_DATAGRAM(text)
	for (int with_name = 0; with_name < 2; with_name++) {
		struct snt_socket *a = udp_on(text), *b = udp_on(text);
		struct snt_addr to = name_of(b);
		char bytes[8] = "########";

		OK(snt_sendto(a, "12345", 5, &to));
		OK(snt_sendto(a, "next", 4, &to));
		if (with_name)
			FAILS(snt_recvfrom(b, bytes, 4, NULL), -EMSGSIZE);
		else
			FAILS(snt_recv(b, bytes, 4), -EMSGSIZE);
		TELLS("message too long");
		assert_memory_equal(bytes, "1234####", 8);
		assert_int_equal(OK(snt_recvfrom(b, bytes, 4, NULL)), 4);
		assert_memory_equal(bytes, "next", 4);
		snt_close(a);
		snt_close(b);
	}
}

static void a_datagram_too_long_to_send_is_an_error(void)
{
	static char bytes[65536];
	struct snt_socket *a = udp_on("127.0.0.1:0");
	struct snt_addr to = name_of(a);

	FAILS(snt_sendto(a, bytes, 65508, &to), -EMSGSIZE);
	TELLS("sendto 127.0.0.1:");
	OK(snt_connect(a, &to));
	FAILS(snt_send(a, bytes, 65508), -EMSGSIZE);
	snt_close(a);
}

static void a_connected_socket_is_told_that_nobody_is_there(void)
{
	struct snt_socket *gone = udp_on("127.0.0.1:0"), *a;
	struct snt_addr to = name_of(gone);
	char byte;

	/* Deaf to strangers, but nobody else can have the port. */
	OK(snt_connect(gone, &to));
	OK(snt_socket(&a, AF_INET, SOCK_DGRAM, 0));
	OK(snt_connect(a, &to));
	for (int i = 0; i < 2; i++) {
		OK(snt_send(a, "x", 1));
		FAILS(snt_recv(a, &byte, 1), -ECONNREFUSED);
		TELLS(text_of(&to));
		TELLS("connection refused");
	}
	/* Told once; it is no state of the socket. */
	snt_settimeout(a, SNT_NOWAIT);
	FAILS(snt_recv(a, &byte, 1), -EAGAIN);
	snt_close(a);
	snt_close(gone);
}

static void a_connected_socket_hears_its_peer_alone(void)
{
	struct snt_socket *a = udp_on("127.0.0.1:0"),
			  *b = udp_on("127.0.0.1:0"),
			  *stranger = udp_on("127.0.0.1:0");
	struct snt_addr a_name = name_of(a), b_name = name_of(b);
	char bytes[8];

	OK(snt_connect(a, &b_name));
	OK(snt_sendto(stranger, "forged", 6, &a_name));
	OK(snt_sendto(b, "true", 4, &a_name));
	assert_int_equal(OK(snt_recv(a, bytes, 8)), 4);
	snt_settimeout(a, SNT_NOWAIT);
	FAILS(snt_recv(a, bytes, 8), -EAGAIN);
	snt_close(a);
	snt_close(b);
	snt_close(stranger);
}

static void a_server_of_two_addresses_answers_on_both(void)
{
	static const char *const kinds[] = { "127.0.0.1:0", "[::1]:0" };
	struct snt_socket *server = udp_on("localhost:0");
	struct snt_addr names[2], from;
	char bytes[8];

	assert_int_equal(OK(snt_getsocknames(server, names, 2)), 2);
	assert_int_equal(snt_addr_port(&names[0]), snt_addr_port(&names[1]));
	for (int i = 0; i < 6; i++) {
		struct snt_socket *client = udp_on(kinds[i % 2]);
		struct snt_addr to = names[1 - i % 2];

		OK(snt_sendto(client, "ask", 3, &to));
		assert_int_equal(OK(snt_recvfrom(server, bytes, 8, &from)), 3);
		OK(snt_sendto(server, "tell", 4, &from));
		assert_int_equal(OK(snt_recvfrom(client, bytes, 8, &from)), 4);
		assert_true(snt_addr_equal(&from, &to));
		snt_close(client);
	}
	snt_close(server);
}

static void broadcast_is_refused_unless_asked_for(void)
{
	struct snt_addr all = parsed("255.255.255.255:9");
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_sendto(socket, "x", 1, &all), -EACCES);
	TELLS("255.255.255.255:9: permission denied");
	snt_close(socket);
}

static void broadcast_is_allowed_once_asked_for(void)
{
	struct snt_addr all = parsed("127.255.255.255:9");
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_sendto(socket, "x", 1, &all), -EACCES);
	OK(snt_set_broadcast(socket, true));
	OK(snt_sendto(socket, "x", 1, &all));
	snt_close(socket);
}

static struct snt_socket *unix_on(struct snt_addr *name)
{
	struct snt_addr automatic = { .size = sizeof(sa_family_t) };
	struct snt_socket *socket;

	automatic.sa.any.sa_family = AF_UNIX;
	OK(snt_socket(&socket, AF_UNIX, SOCK_DGRAM, 0));
	OK(snt_bind(socket, &automatic));
	*name = name_of(socket);
	return socket;
}

static void unix_datagrams_go_both_ways(void)
{
	struct snt_addr a_name, b_name, from;
	struct snt_socket *a = unix_on(&a_name), *b = unix_on(&b_name);
	char bytes[8];

	OK(snt_sendto(a, "ask", 3, &b_name));
	OK(snt_sendto(a, "", 0, &b_name));
	assert_int_equal(OK(snt_recvfrom(b, bytes, 8, &from)), 3);
	assert_true(snt_addr_equal(&from, &a_name));
	assert_int_equal(OK(snt_recvfrom(b, bytes, 8, &from)), 0);
	OK(snt_sendto(b, "12345678", 8, &from));
	FAILS(snt_recvfrom(a, bytes, 7, &from), -EMSGSIZE);
	snt_close(a);
	snt_close(b);
}

static void a_unix_peer_that_is_gone_refuses(void)
{
	struct snt_addr a_name, b_name;
	struct snt_socket *a = unix_on(&a_name), *b = unix_on(&b_name);

	signal(SIGPIPE, SIG_DFL);
	OK(snt_connect(a, &b_name));
	snt_close(b);
	FAILS(snt_send(a, "x", 1), -ECONNREFUSED);
	FAILS(snt_sendto(a, "x", 1, &b_name), -ECONNREFUSED);
	TELLS(text_of(&b_name));
	snt_close(a);
}

struct flood {
	struct snt_socket *socket;
	struct snt_addr to;
};

#define FLOOD 5000

static int send_flood(void *arg)
{
	struct flood *flood = arg;

	for (int i = 0; i < FLOOD; i++)
		OK(snt_sendto(flood->socket, &i, sizeof i, &flood->to));
	return 0;
}

/* The receiver's queue is short; a connected sender waits for room. */
static void a_unix_sender_waits_for_a_slow_receiver(void)
{
	struct snt_group *group = group_open();
	struct flood flood;
	struct snt_addr name;
	struct snt_socket *to = unix_on(&flood.to);

	flood.socket = unix_on(&name);
	OK(snt_connect(flood.socket, &flood.to));
	spawn(group, send_flood, &flood);
	for (int i = 0; i < FLOOD; i++) {
		int number;

		assert_int_equal(OK(snt_recv(to, &number, sizeof number)),
				 sizeof number);
		assert_int_equal(number, i);
	}
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(flood.socket);
	snt_close(to);
}

static void recvfrom_on_a_stream_is_recv(void)
{
	struct snt_socket *a, *b;
	struct snt_addr from;
	char bytes[8];

	pair_on("127.0.0.1:0", &a, &b);
	OK(snt_sendall(a, "12345678", 8));
	assert_int_equal(OK(snt_recvfrom(b, bytes, 5, &from)), 5);
	assert_int_equal(OK(snt_recvfrom(b, bytes, 5, NULL)), 3);
	assert_memory_equal(bytes, "678", 3);
	snt_close(a);
	assert_int_equal(OK(snt_recvfrom(b, bytes, 5, NULL)), 0);
	snt_close(b);
}

static void many_datagrams_before_and_after_a_wait_all_arrive(void)
{
	struct snt_socket *a = udp_on("127.0.0.1:0"),
			  *b = udp_on("127.0.0.1:0");
	struct snt_addr to = name_of(b);
	char byte;

	snt_settimeout(b, MILLISECONDS(5));
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 20; i++)
			OK(snt_sendto(a, "x", 1, &to));
		for (int i = 0; i < 20; i++)
			assert_int_equal(
				OK(round % 2 ? snt_recv(b, &byte, 1)
					     : snt_recvfrom(b, &byte, 1, NULL)),
				1);
		FAILS(snt_recv(b, &byte, 1), -ETIMEDOUT);
	}
	snt_close(a);
	snt_close(b);
}

static int recv_the_end(void *arg)
{
	struct snt_message message = { .addr = NULL };
	struct snt_addr from;
	char byte;

	assert_int_equal(OK(snt_recv(arg, &byte, 1)), 0);
	assert_int_equal(OK(snt_recvfrom(arg, &byte, 1, &from)), 0);
	assert_int_equal(from.size, 0);
	assert_int_equal(OK(snt_recvmsg(arg, &message)), 0);
	return 0;
}

static void reading_that_was_shut_down_is_at_its_end(int how)
{
	struct snt_socket *a = udp_on("127.0.0.1:0");
	struct snt_group *group = group_open();
	struct snt_addr own = name_of(a);
	char byte;

	OK(snt_connect(a, &own));
	OK(snt_send(a, "x", 1));
	assert_int_equal(OK(snt_recv(a, &byte, 1)), 1);
	spawn(group, recv_the_end, a);
	OK(snt_yield());
	OK(snt_shutdown(a, how));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(a);
}

static void shutdown_of_reading_ends_whoever_waits(void)
{
	reading_that_was_shut_down_is_at_its_end(SHUT_RD);
	reading_that_was_shut_down_is_at_its_end(SHUT_RDWR);
}

static void without_a_peer_reading_can_be_shut_down_too(void)
{
	struct snt_socket *a = udp_on("[::1]:0");

	FAILS(snt_shutdown(a, SHUT_RD), -ENOTCONN);
	assert_int_equal(recv_the_end(a), 0);
	snt_close(a);
}

static const struct test_case cases[] = {
	TEST(a_datagram_arrives_whole_with_its_senders_address),
	TEST(an_empty_datagram_is_zero_and_no_end),
	TEST(a_datagram_that_does_not_fit_is_an_error),
	TEST(a_datagram_too_long_to_send_is_an_error),
	TEST(a_connected_socket_is_told_that_nobody_is_there),
	TEST(a_connected_socket_hears_its_peer_alone),
	TEST(a_server_of_two_addresses_answers_on_both),
	TEST(broadcast_is_refused_unless_asked_for),
	TEST(broadcast_is_allowed_once_asked_for),
	TEST(unix_datagrams_go_both_ways),
	TEST(a_unix_peer_that_is_gone_refuses),
	TEST(a_unix_sender_waits_for_a_slow_receiver),
	TEST(recvfrom_on_a_stream_is_recv),
	TEST(many_datagrams_before_and_after_a_wait_all_arrive),
	TEST(shutdown_of_reading_ends_whoever_waits),
	TEST(without_a_peer_reading_can_be_shut_down_too),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
