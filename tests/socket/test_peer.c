/* SPDX-License-Identifier: MIT */
/* Who is at the ends of a connection: as text, and as a process. */
#include "net.h"

#include <sennit/peer.h>
#include <sys/wait.h>

static void both_ends_have_a_text(void)
{
	EACH_STREAM(text)
	{
		char here[SNT_ADDR_TEXT], there[SNT_ADDR_TEXT];
		struct snt_socket *server = server_on(text);
		struct snt_socket *a = connected_to(server);
		int length;

		length = (int)OK(
			snt_getsockname_text(server, here, sizeof here));
		assert_int_equal(length, strlen(here));
		OK(snt_getpeername_text(a, there, sizeof there));
		assert_string_equal(here, there);
		/* Cut, and yet a string. */
		assert_int_equal(OK(snt_getpeername_text(a, there, 5)), length);
		assert_int_equal(strlen(there), 4);
		snt_close(a);
		snt_close(server);
	}
}

static void what_has_no_address_is_told(void)
{
	struct snt_socket *socket;
	char text[8];
	int fd = raw_no_socket();

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_getpeername_text(socket, text, sizeof text), -ENOTCONN);
	snt_close(socket);
	OK(snt_fromfd(&socket, fd));
	FAILS(snt_getsockname_text(socket, text, sizeof text), -ENOTSOCK);
	snt_close(socket);
	raw_close(fd);
}

static void assert_mine(const struct snt_socket *socket, pid_t pid)
{
	struct snt_credentials who = { 0 };

	OK(snt_getpeercred(socket, &who));
	assert_int_equal(who.pid, pid);
	assert_int_equal(who.uid, geteuid());
	assert_int_equal(who.gid, getegid());
}

/* In a simulated world each host is a process, by its number. */
static pid_t own_process(void)
{
	return simulated() ? (pid_t)snt__sim_host_now()->number + 1 : getpid();
}

static void a_unix_peer_is_known_as_a_process(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	struct snt_socket *a, *b;

	for (size_t i = 0; i < COUNT(types); i++) {
		OK(snt_socketpair(&a, &b, types[i]));
		assert_mine(a, own_process());
		snt_close(b);
		assert_mine(a, own_process());
		snt_close(a);
	}
}

static void it_is_the_process_that_connected(void)
{
	struct snt_addr automatic = { .size = sizeof(sa_family_t) };
	struct snt_socket *server, *conn;
	struct snt_addr name;
	int status;
	pid_t pid;

	automatic.sa.any.sa_family = AF_UNIX;
	OK(snt_socket(&server, AF_UNIX, SOCK_STREAM, 0));
	OK(snt_bind(server, &automatic));
	OK(snt_listen(server, 0));
	name = name_of(server);
	pid = fork();
	if (pid == 0) {
		int fd = raw_socket(AF_UNIX, SOCK_STREAM);

		_exit(connect(fd, &name.sa.any, name.size) != 0);
	}
	OK(snt_accept(server, &conn));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_mine(conn, pid);
	snt_close(conn);
	snt_close(server);
}

static void who_is_not_known_is_told(void)
{
	struct snt_credentials who = { 7, 7, 7 };
	struct snt_socket *a, *b, *server;
	char name[64];

	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_getpeercred(a, &who), -EOPNOTSUPP);
	TELLS("only Unix sockets");
	snt_close(a);
	snt_close(b);
	OK(snt_socket(&a, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_getpeercred(a, &who), -ENOTCONN);
	snt_close(a);
	snprintf(name, sizeof name, "unix:@sennit-test-%d", getpid());
	server = server_on(name);
	FAILS(snt_getpeercred(server, &who), -ENOTCONN);
	TELLS(name);
	snt_close(server);
	assert_int_equal(who.pid, 7);
}

static const struct test_case cases[] = {
	TEST(both_ends_have_a_text),
	TEST(what_has_no_address_is_told),
	TEST(a_unix_peer_is_known_as_a_process),
	/* Another process. */
	TEST_KERNEL(it_is_the_process_that_connected),
	TEST(who_is_not_known_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
