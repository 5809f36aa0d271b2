/* SPDX-License-Identifier: MIT */
/* create_server: which addresses, which port, and who else may have it. */
#include "race.h"
#include "world.h"

#include <netinet/tcp.h>

static void port_zero_is_the_same_port_on_every_address(void)
{
	for (int i = 0; i < 20; i++) {
		struct snt_socket *server = server_on("localhost:0");
		struct snt_addr addrs[4];

		assert_int_equal(OK(snt_getsocknames(server, addrs, 4)), 2);
		assert_int_equal(addrs[0].sa.any.sa_family, AF_INET6);
		assert_int_equal(addrs[1].sa.any.sa_family, AF_INET);
		assert_true(snt_addr_port(&addrs[0]) != 0);
		assert_int_equal(snt_addr_port(&addrs[0]),
				 snt_addr_port(&addrs[1]));
		snt_close(server);
	}
}

static void the_names_of_a_server_are_counted_beyond_the_room_for_them(void)
{
	struct snt_socket *server = server_on("localhost:0");
	struct snt_addr addrs[2] = { 0 };

	assert_int_equal(OK(snt_getsocknames(server, NULL, 0)), 2);
	assert_int_equal(OK(snt_getsocknames(server, addrs, 1)), 2);
	assert_int_equal(addrs[1].size, 0);
	snt_close(server);
}

static void no_host_is_every_interface_of_both_families(void)
{
	struct snt_socket *server = server_on(":0"), *conn, *peer;
	static const char *const hosts[] = { "127.0.0.1", "127.0.0.77",
					     "[::1]" };
	struct snt_addr addr = name_of(server), target;

	assert_int_equal(OK(snt_getsocknames(server, NULL, 0)), 1);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		char text[64];

		snprintf(text, sizeof text, "%s:%u", hosts[i],
			 snt_addr_port(&addr));
		target = parsed(text);
		OK(snt_socket(&peer, target.sa.any.sa_family, SOCK_STREAM, 0));
		OK(snt_connect(peer, &target));
		OK(snt_accept(server, &conn));
		snt_close(conn);
		snt_close(peer);
	}
	snt_close(server);
}

/* What a second server gets, by the options of both. */
static const struct {
	const char *name;
	const char *first, *second; /* the port is put in */
	struct snt_server_opts first_opts, second_opts;
	int code;
} seconds[] = {
	{ "the same", "127.0.0.1", "127.0.0.1", { 0 }, { 0 }, -EADDRINUSE },
	{ "IPv6", "[::1]", "[::1]", { 0 }, { 0 }, -EADDRINUSE },
	{ "every interface, then one",
	  "",
	  "127.0.0.1",
	  { 0 },
	  { 0 },
	  -EADDRINUSE },
	{ "one, then every interface",
	  "127.0.0.1",
	  "",
	  { 0 },
	  { 0 },
	  -EADDRINUSE },
	{ "one of two", "127.0.0.1", "localhost", { 0 }, { 0 }, -EADDRINUSE },
	{ "another address", "127.0.0.1", "127.0.0.2", { 0 }, { 0 }, 0 },
	{ "the other family", "127.0.0.1", "[::1]", { 0 }, { 0 }, 0 },
	{ "shared, not joined",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .share_port = true },
	  { 0 },
	  -EADDRINUSE },
	{ "shared twice, not joined",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .share_port = true },
	  { .share_port = true },
	  -EADDRINUSE },
	{ "joined, not shared",
	  "127.0.0.1",
	  "127.0.0.1",
	  { 0 },
	  { .join_port = true },
	  -EADDRINUSE },
	{ "shared and joined",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .share_port = true },
	  { .join_port = true },
	  0 },
	{ "shared and joined, two addresses",
	  "localhost",
	  "localhost",
	  { .share_port = true },
	  { .join_port = true },
	  0 },
	{ "datagrams, the same",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .type = SOCK_DGRAM },
	  { .type = SOCK_DGRAM },
	  -EADDRINUSE },
	{ "datagrams, shared, not joined",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .type = SOCK_DGRAM, .share_port = true },
	  { .type = SOCK_DGRAM },
	  -EADDRINUSE },
	{ "datagrams, shared and joined",
	  "127.0.0.1",
	  "127.0.0.1",
	  { .type = SOCK_DGRAM, .share_port = true },
	  { .type = SOCK_DGRAM, .join_port = true },
	  0 },
	{ "datagrams beside a stream",
	  "127.0.0.1",
	  "127.0.0.1",
	  { 0 },
	  { .type = SOCK_DGRAM },
	  0 },
};

static void a_second_server_gets_a_port_in_use_only_by_joining(void)
{
	/* Elsewhere somebody may have the port, on the other address. */
	own_network();
	for (size_t i = 0; i < COUNT(seconds); i++) {
		struct snt_socket *first, *second = NULL;
		char text[64];
		struct snt_addr addr;
		int code;

		print_message("%s\n", seconds[i].name);
		snprintf(text, sizeof text, "%s:0", seconds[i].first);
		OK(snt_create_server(&first, text, &seconds[i].first_opts));
		addr = name_of(first);
		snprintf(text, sizeof text, "%s:%u", seconds[i].second,
			 snt_addr_port(&addr));
		code = snt_create_server(&second, text,
					 &seconds[i].second_opts);
		assert_int_equal(code, seconds[i].code);
		if (code < 0) {
			assert_null(second);
			snprintf(text, sizeof text,
				 ":%u: address already in use",
				 snt_addr_port(&addr));
			TELLS("listen on ");
			TELLS(text);
		}
		snt_close(second);
		snt_close(first);
	}
}

static void a_third_may_join_after_the_second(void)
{
	struct snt_server_opts share = { .share_port = true },
			       join = { .join_port = true };
	struct snt_socket *servers[3];
	char text[SNT_ADDR_TEXT];
	struct snt_addr addr;

	OK(snt_create_server(&servers[0], "127.0.0.1:0", &share));
	addr = name_of(servers[0]);
	snt_addr_format(&addr, text, sizeof text);
	OK(snt_create_server(&servers[1], text, &join));
	OK(snt_create_server(&servers[2], text, &join));
	/* One that knows nothing of it is still kept out. */
	FAILS(snt_create_server(&servers[2], text, NULL), -EADDRINUSE);
	for (int i = 0; i < 3; i++)
		snt_close(servers[i]);
}

/* Connections of the one before linger in TIME_WAIT. */
static void a_server_starts_again_at_once_on_its_port(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn, *peer;
	struct snt_addr addr = name_of(server);
	char text[SNT_ADDR_TEXT];

	snt_addr_format(&addr, text, sizeof text);
	peer = connected_to(server);
	OK(snt_accept(server, &conn));
	snt_close(conn); /* the server ends first, so the wait is on its side */
	snt_close(peer);
	snt_close(server);
	server = server_on(text);
	snt_close(server);
}

static const struct {
	const char *text;
	int code;
	const char *words;
} refusals[] = {
	{ "", -EINVAL, "" },
	{ "127.0.0.1", -EINVAL, "" },
	{ "127.0.0.1:", -EINVAL, "" },
	{ "127.0.0.1:65536", -EINVAL, "" },
	{ "127.0.0.1:-1", -EINVAL, "" },
	{ "127.0.0.1:80x", -EINVAL, "" },
	{ "127.0.0.256:80", -EINVAL, "" },
	{ "[::1:80", -EINVAL, "" },
	{ "[::g]:80", -EINVAL, "" },
	{ "::1:80", -EINVAL, "" },
	{ "[fe80::1%nosuchif]:80", -EINVAL, "nosuchif" },
	{ "unix:", -EINVAL, "" },
	{ "unix:@", -EINVAL, "" },
	{ "fd:", -EINVAL, "" },
	{ "fd:x", -EINVAL, "" },
	{ "fd:-1", -EINVAL, "" },
	{ "fd:9999", -EBADF, "fd" },
	{ "fd:99999999999999", -EINVAL, "" },
	{ "name with spaces:80", -EINVAL, "" },
	{ "192.0.2.1:0", -EADDRNOTAVAIL, "192.0.2.1:0: address not available" },
};

static void bad_texts_are_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct snt_socket *made = NULL;

		/* Of a simulated process this one would be an escape. */
		if (simulated() && refusals[i].code == -EBADF)
			continue;
		print_message("\"%s\"\n", refusals[i].text);
		FAILS(snt_create_server(&made, refusals[i].text, NULL),
		      refusals[i].code);
		assert_true(strlen(snt_errmsg()) > 10);
		TELLS(refusals[i].words);
		if (refusals[i].code == -EINVAL)
			FAILS(snt_create_connection(&made, refusals[i].text,
						    NULL),
			      -EINVAL);
		assert_null(made);
	}
}

/* Others than an address in use are not tried again, and do not say so. */
static void what_is_tried_once_tells_of_no_patience(void)
{
	struct snt_socket *made;

	FAILS(snt_create_server(&made, "192.0.2.1:0", NULL), -EADDRNOTAVAIL);
	assert_string_equal(snt_errmsg(),
			    "listen on 192.0.2.1:0: address not available "
			    "here, or no port free");
}

static void a_name_that_does_not_exist_is_told(void)
{
	struct snt_socket *server;

	FAILS(snt_create_server(&server, "localhost:nosuchservice", NULL),
	      -SNT_ENONAME);
	TELLS("nosuchservice");
}

static void an_address_of_a_name_that_is_not_here_is_left_out(void)
{
	struct snt_socket *server;
	struct snt_addr addrs[2];

	NAMES_MEAN("192.0.2.1", "127.0.0.1", "[2001:db8::1]");
	server = server_on("name.test:0");
	assert_int_equal(OK(snt_getsocknames(server, addrs, 2)), 1);
	assert_int_equal(addrs[0].sa.in.sin_addr.s_addr,
			 htonl(INADDR_LOOPBACK));
	snt_close(server);
	NAMES_MEAN("192.0.2.1", "[2001:db8::1]");
	FAILS(snt_create_server(&server, "name.test:0", NULL), -EADDRNOTAVAIL);
	snt__io = real_io();
}

static void a_socket_can_be_made_to_listen_step_by_step(void)
{
	struct snt_socket *socket, *conn, *peer;
	struct snt_addr any = parsed("127.0.0.1:0");

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	OK(snt_bind(socket, &any));
	OK(snt_listen(socket, 0));
	peer = connected_to(socket);
	OK(snt_accept(socket, &conn));
	snt_close(conn);
	snt_close(peer);
	snt_close(socket);
}

static void a_bound_address_is_not_given_twice(void)
{
	struct snt_socket *first, *second;
	struct snt_addr addr = parsed("127.0.0.1:0");

	OK(snt_socket(&first, AF_INET, SOCK_STREAM, 0));
	OK(snt_socket(&second, AF_INET, SOCK_STREAM, 0));
	OK(snt_bind(first, &addr));
	addr = name_of(first);
	FAILS(snt_bind(second, &addr), -EADDRINUSE);
	TELLS("bind 127.0.0.1:");
	TELLS("address already in use");
	snt_close(first);
	snt_close(second);
}

static void the_backlog_can_be_set(void)
{
	struct snt_server_opts opts = { .backlog = 7 };
	struct tcp_info info;
	struct snt_socket *server;

	OK(snt_create_server(&server, "127.0.0.1:0", &opts));
	OK(snt_getsockopt(server, IPPROTO_TCP, TCP_INFO, &info, sizeof info));
	assert_int_equal(info.tcpi_sacked, 7); /* of a listener: its backlog */
	snt_close(server);
}

/* Many wait on the first address; the one on the second is not the last. */
static void no_address_of_a_server_starves_another(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn;
	struct snt_addr addrs[2], peer;
	bool seen[2] = { false, false };
	int fds[11];

	OK(snt_getsocknames(server, addrs, 2));
	for (int i = 0; i < 11; i++) {
		const struct snt_addr *addr = &addrs[i == 10];

		fds[i] = raw_socket(addr->sa.any.sa_family, SOCK_STREAM);
		assert_int_equal(raw_connect(fds[i], addr), 0);
	}
	for (int i = 0; i < 2; i++) {
		OK(snt_accept(server, &conn));
		OK(snt_getpeername(conn, &peer));
		seen[peer.sa.any.sa_family == AF_INET] = true;
		snt_close(conn);
	}
	assert_true(seen[0] && seen[1]);
	for (int i = 0; i < 11; i++)
		raw_close(fds[i]);
	snt_close(server);
}

static const struct test_case cases[] = {
	TEST(no_address_of_a_server_starves_another),
	TEST(port_zero_is_the_same_port_on_every_address),
	TEST(the_names_of_a_server_are_counted_beyond_the_room_for_them),
	TEST(no_host_is_every_interface_of_both_families),
	TEST(a_second_server_gets_a_port_in_use_only_by_joining),
	TEST(a_third_may_join_after_the_second),
	TEST(a_server_starts_again_at_once_on_its_port),
	TEST(bad_texts_are_refused_with_a_sentence),
	TEST(what_is_tried_once_tells_of_no_patience),
	TEST(a_name_that_does_not_exist_is_told),
	TEST(an_address_of_a_name_that_is_not_here_is_left_out),
	TEST(a_socket_can_be_made_to_listen_step_by_step),
	TEST(a_bound_address_is_not_given_twice),
	TEST(the_backlog_can_be_set),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
