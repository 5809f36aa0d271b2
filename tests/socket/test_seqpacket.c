/* SPDX-License-Identifier: MIT */
/* Unix sockets that are connected and keep the bounds of messages. */
#include "net.h"

#include <sennit/message.h>
#include <sennit/options.h>

static int set_passcred(struct snt_socket *socket)
{
	const int on = 1;

	return (int)OK(snt_setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on,
				      sizeof on));
}

static void seqpacket_keeps_the_bounds_of_messages(void)
{
	char name[64], bytes[8];
	const struct snt_server_opts server_opts = { .type = SOCK_SEQPACKET };
	const struct snt_connection_opts opts = { .type = SOCK_SEQPACKET };
	struct snt_socket *server, *a, *b;

	snprintf(name, sizeof name, "unix:@sennit-test-%d", getpid());
	OK(snt_create_server(&server, name, &server_opts));
	OK(snt_create_connection(&a, name, &opts));
	OK(snt_accept(server, &b));
	OK(snt_send(a, "one", 3));
	OK(snt_send(a, "second", 6));
	OK(snt_send(a, "3", 1));
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 3);
	FAILS(snt_recv(b, bytes, 2), -EMSGSIZE);
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 1);
	assert_memory_equal(bytes, "3e", 2);
	snt_close(a);
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 0);
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 0);
	FAILS(snt_send(b, "x", 1), -EPIPE);
	snt_close(b);
	snt_close(server);
}

/* The one thing that tells them apart is what comes with a message. */
static void an_empty_seqpacket_has_credentials_and_the_end_has_none(void)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct snt_message got = { .control = control,
				   .control_size = sizeof control };
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_SEQPACKET));
	set_passcred(b);
	OK(snt_send(a, "", 0));
	snt_close(a);
	assert_int_equal(OK(snt_recvmsg(b, &got)), 0);
	assert_true(got.control_got > 0);
	assert_int_equal(OK(snt_recvmsg(b, &got)), 0);
	assert_int_equal(got.control_got, 0);
	snt_close(b);
}

static void seqpacket_over_ip_is_refused(void)
{
	const struct snt_server_opts opts = { .type = SOCK_SEQPACKET };
	struct snt_socket *socket;

	FAILS(snt_create_server(&socket, "127.0.0.1:0", &opts),
	      -ESOCKTNOSUPPORT);
	FAILS(snt_socket(&socket, AF_INET6, SOCK_SEQPACKET, 0),
	      -ESOCKTNOSUPPORT);
	TELLS("only Unix sockets");
}

static const struct test_case cases[] = {
	TEST(seqpacket_keeps_the_bounds_of_messages),
	TEST(an_empty_seqpacket_has_credentials_and_the_end_has_none),
	TEST(seqpacket_over_ip_is_refused),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
