/* SPDX-License-Identifier: MIT */
/* Addresses back to names; network interfaces; sockets and their kinds. */
#include "net.h"

static const struct {
	const char *addr, *host, *service;
} numbers[] = {
	{ "127.0.0.1:80", "127.0.0.1", "80" },
	{ "[::1]:65535", "::1", "65535" },
	{ "[2001:db8::1]:0", "2001:db8::1", "0" },
};

static void numbers_need_no_look_up(void)
{
	struct snt_getnameinfo_opts numeric = { .numeric = true };
	snt_timeout_scope(scope, 30 * SNT_SECOND);
	int threads = thread_count();

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct snt_addr addr = parsed(numbers[i].addr);
		struct snt_nameinfo info;

		OK(snt_getnameinfo(&addr, &info, &numeric));
		assert_string_equal(info.host, numbers[i].host);
		assert_string_equal(info.service, numbers[i].service);
	}
	assert_int_equal(thread_count(), threads);
}

static void an_address_has_a_host_and_a_service(void)
{
	struct snt_addr addr = parsed("127.0.0.1:443");
	struct snt_nameinfo info;

	OK(snt_getnameinfo(&addr, &info, NULL));
	assert_string_equal(info.host, "localhost");
	assert_string_equal(info.service, "https");
}

static void no_address_has_no_name(void)
{
	struct snt_addr none = { .size = 0 };
	struct snt_nameinfo info;

	FAILS(snt_getnameinfo(&none, &info, NULL), -EINVAL);
	FAILS(snt_getnameinfo(
		      &none, &info,
		      &(struct snt_getnameinfo_opts){ .numeric = true }),
	      -EINVAL);
}

static void interfaces_have_an_index_and_a_name(void)
{
	struct snt_interface all[64];
	int count = (int)OK(snt_if_nameindex(all, 64));
	bool found = false;
	char name[16];

	assert_in_range(count, 1, 64);
	assert_int_equal(OK(snt_if_nameindex(NULL, 0)), count);
	for (int i = 0; i < count; i++) {
		assert_int_equal(OK(snt_if_nametoindex(all[i].name)),
				 all[i].index);
		OK(snt_if_indextoname(all[i].index, name));
		assert_string_equal(name, all[i].name);
		found = found || strcmp(name, "lo") == 0;
	}
	assert_true(found);
}

static void an_interface_that_does_not_exist_is_told(void)
{
	char name[16];

	FAILS(snt_if_nametoindex("nosuchif"), -ENODEV);
	TELLS("\"nosuchif\": no such interface");
	FAILS(snt_if_nametoindex(""), -ENODEV);
	FAILS(snt_if_nametoindex("a name that is far too long for one"),
	      -ENODEV);
	FAILS(snt_if_nametoindex(NULL), -EINVAL);
	FAILS(snt_if_indextoname(999999, name), -ENXIO);
	TELLS("999999");
}

static const struct {
	int family, type, protocol, code;
} wrong[] = {
	{ 12345, SOCK_STREAM, 0, -EAFNOSUPPORT },
	{ AF_INET, 12345, 0, -EINVAL },
	{ AF_INET, SOCK_STREAM, IPPROTO_UDP, -EPROTONOSUPPORT },
};

static void a_kind_of_socket_that_does_not_exist_is_refused(void)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct snt_socket *socket = NULL;

		FAILS(snt_socket(&socket, wrong[i].family, wrong[i].type,
				 wrong[i].protocol),
		      wrong[i].code);
		assert_null(socket);
	}
}

static void descriptors_used_up_are_told_with_the_remedy(void)
{
	struct snt_socket *a = NULL, *b = NULL;
	int last = raw_socket(AF_INET, SOCK_STREAM), before;

	before = limit_descriptors(last + 1);
	FAILS(snt_socket(&a, AF_INET, SOCK_STREAM, 0), -EMFILE);
	TELLS("ulimit -n");
	FAILS(snt_socketpair(&a, &b, SOCK_STREAM), -EMFILE);
	FAILS(snt_create_server(&a, "127.0.0.1:0", NULL), -EMFILE);
	FAILS(snt_create_server(&a, "localhost:0", NULL), -EMFILE);
	FAILS(snt_create_connection(&a, "127.0.0.1:1", NULL), -EMFILE);
	FAILS(snt_fromfd(&a, 0), -EMFILE);
	limit_descriptors(before);
	raw_close(last);
	assert_null(a);
	assert_null(b);
}

/* Born so, whichever way: a child process must not inherit a connection. */
static void every_descriptor_is_close_on_exec_and_does_not_block(void)
{
	struct snt_socket *sockets[6];

	OK(snt_socket(&sockets[0], AF_INET, SOCK_STREAM, 0));
	OK(snt_socketpair(&sockets[1], &sockets[2], SOCK_STREAM));
	pair_on("127.0.0.1:0", &sockets[3], &sockets[4]);
	OK(snt_fromfd(&sockets[5], snt_fileno(sockets[0])));
	for (size_t i = 0; i < COUNT(sockets); i++) {
		int fd = snt_fileno(sockets[i]);

		assert_true(raw_is_close_on_exec(fd));
		assert_false(raw_is_blocking(fd));
		assert_true(fd > 2);
		snt_close(sockets[i]);
	}
}

static void a_socketpair_is_connected_both_ways(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < COUNT(types); i++) {
		struct snt_socket *a, *b;
		char bytes[4];

		OK(snt_socketpair(&a, &b, types[i]));
		OK(snt_send(a, "ask", 3));
		assert_int_equal(OK(snt_recv(b, bytes, 4)), 3);
		OK(snt_send(b, "tell", 4));
		assert_int_equal(OK(snt_recv(a, bytes, 4)), 4);
		snt_close(a);
		snt_close(b);
	}
}

/* A seqpacket's messages have an end as streams do, and boundaries. */
static void the_end_of_a_seqpacket_is_zero(void)
{
	struct snt_socket *a, *b;
	char bytes[4];

	OK(snt_socketpair(&a, &b, SOCK_SEQPACKET));
	OK(snt_send(a, "12345", 5));
	snt_close(a);
	FAILS(snt_recv(b, bytes, 4), -EMSGSIZE);
	assert_int_equal(OK(snt_recv(b, bytes, 4)), 0);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(numbers_need_no_look_up),
	TEST(an_address_has_a_host_and_a_service),
	TEST(no_address_has_no_name),
	TEST(interfaces_have_an_index_and_a_name),
	TEST(an_interface_that_does_not_exist_is_told),
	TEST(a_kind_of_socket_that_does_not_exist_is_refused),
	TEST(descriptors_used_up_are_told_with_the_remedy),
	TEST(every_descriptor_is_close_on_exec_and_does_not_block),
	TEST(a_socketpair_is_connected_both_ways),
	TEST(the_end_of_a_seqpacket_is_zero),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
