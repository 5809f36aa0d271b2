/* SPDX-License-Identifier: MIT */
/* Unix sockets inside a simulated host: messages, who sent them, and the
 * descriptors that travel with them. */
#include "pairs.h"

#include "io/io.h"

static int send_messages(struct snt_socket *a, struct snt_socket *b)
{
	static const char large[212961];
	char bytes[4];

	OK(snt_sendall(a, "1", 1));
	OK(snt_sendall(a, "23456", 5));
	OK(snt_sendall(a, "7", 1));
	assert_int_equal(snt_recv(b, bytes, 4), 1);
	assert_int_equal(snt_recv(b, bytes, 4), -EMSGSIZE);
	assert_int_equal(snt_recv(b, bytes, 4), 1);
	assert_int_equal(bytes[0], '7');
	FAILS(snt_send(a, large, sizeof large), -EMSGSIZE);
	OK(snt_send(a, large, sizeof large - 1));
	snt_close(a);
	return 0;
}

static int keep_boundaries(void *unused)
{
	(void)unused;
	OK(program_pair(SOCK_SEQPACKET, send_messages));
	return program_pair(SOCK_DGRAM, send_messages);
}

static void messages_keep_their_bounds(void)
{
	in_world(keep_boundaries);
}

static struct snt_socket *unix_datagrams(const char *text)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket = unbound(AF_UNIX);

	OK(snt_bind(socket, &addr));
	return socket;
}

static int read_slowly(void *socket)
{
	for (int i = 0; i < 20; i++) {
		char byte;

		OK(snt_sleep(SNT_SECOND));
		OK(snt_recv(socket, &byte, 1));
	}
	return 0;
}

/* Eleven, which is net.unix.max_dgram_qlen and one. */
static int wait_for_reader(void *unused)
{
	struct snt_socket *reader = unix_datagrams("unix:@reader");
	struct snt_socket *loose = unix_datagrams("unix:@loose");
	struct snt_socket *bound = towards("unix:@reader");
	struct snt_group *group = group_with(NULL);
	int count = 0;

	(void)unused;
	snt_settimeout(loose, SNT_NOWAIT);
	while (say_to(loose, "x", "unix:@reader") == 1)
		count++;
	assert_int_equal(count, 11);
	start(group, read_slowly, reader);
	/* Told when there is room, or asking again. */
	OK(snt_send(bound, "y", 1));
	assert_int_equal(snt_now(), SNT_SECOND);
	snt_settimeout(loose, SOON);
	for (int i = 0; i < 8; i++)
		OK(say_to(loose, "x", "unix:@reader"));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(reader);
	snt_close(loose);
	snt_close(bound);
	return 0;
}

static void datagrams_wait_for_their_reader(void)
{
	in_world(wait_for_reader);
}

static int lose_receiver(void *unused)
{
	struct snt_socket *reader = unix_datagrams("unix:/reader");
	struct snt_socket *writer = towards("unix:/reader");

	(void)unused;
	OK(snt_send(writer, "x", 1));
	snt_close(reader);
	FAILS(snt_send(writer, "x", 1), -ECONNREFUSED);
	FAILS(snt_send(writer, "x", 1), -ENOTCONN);
	FAILS(say_to(writer, "x", "unix:/reader"), -ECONNREFUSED);
	FAILS(say_to(writer, "x", "unix:/writer"), -ENOENT);
	snt_close(writer);
	return 0;
}

static void a_receiver_that_is_gone_is_told(void)
{
	in_world(lose_receiver);
}

static int close_later(void *socket)
{
	OK(snt_sleep(SNT_SECOND));
	snt_close(socket);
	return 0;
}

static int lose_full_receiver(void *unused)
{
	struct snt_socket *reader = unix_datagrams("unix:@reader");
	struct snt_socket *writer = towards("unix:@reader");
	struct snt_group *group = group_with(NULL);

	(void)unused;
	for (int i = 0; i < 11; i++)
		OK(snt_send(writer, "x", 1));
	start(group, close_later, reader);
	FAILS(snt_send(writer, "x", 1), -ECONNREFUSED);
	assert_int_equal(snt_now(), SNT_SECOND);
	OK(snt_group_end(group));
	snt_close(writer);
	return 0;
}

static void whoever_waits_for_a_receiver_hears_that_it_is_gone(void)
{
	in_world(lose_full_receiver);
}

static int hear_names(void *unused)
{
	const struct snt_addr any = { .sa.any.sa_family = AF_UNIX,
				      .size = sizeof any.sa.any.sa_family };
	struct snt_socket *reader = unix_datagrams("unix:@reader");
	struct snt_socket *named = unix_datagrams("unix:@named");
	struct snt_socket *chosen = unbound(AF_UNIX);

	(void)unused;
	OK(say_to(named, "a", "unix:@reader"));
	assert_string_equal(heard(reader), "a from unix:@named");
	OK(say_to(chosen, "b", "unix:@reader"));
	assert_string_equal(heard(reader), "b from -");
	OK(snt_bind(chosen, &any));
	assert_int_equal(strlen(name_of(chosen)), strlen("unix:@00000"));
	/* A peer shuts third parties out. */
	connect_to(reader, "unix:@named");
	FAILS(say_to(chosen, "c", "unix:@reader"), -EPERM);
	snt_close(reader);
	snt_close(named);
	snt_close(chosen);
	return 0;
}

static void a_datagram_tells_who_sent_it(void)
{
	in_world(hear_names);
}

/* A handle has a duplicate; this is how a program gets rid of the other one. */
static void close_fd(int fd)
{
	OK(snt__io->close(fd));
}

/* A UDP socket, sent to oneself. */
static int pass_on(struct snt_socket *a, struct snt_socket *b)
{
	struct snt_socket *udp = at("127.0.0.1:70"), *same;
	int fd = snt_fileno(udp), got[2];
	size_t count = 2;
	char bytes[4];

	OK(snt_send_fds(a, "fd", 2, &fd, 1));
	snt_close(udp);
	assert_int_equal(snt_recv_fds(b, bytes, 4, got, &count), 2);
	assert_int_equal(count, 1);
	OK(snt_fromfd(&same, got[0]));
	assert_string_equal(name_of(same), "127.0.0.1:70");
	OK(say_to(same, "me", "127.0.0.1:70"));
	assert_string_equal(heard(same), "me from 127.0.0.1:70");
	snt_close(same);
	/* What came is the receiver's to close, once for each time. */
	OK(snt_send_fds(b, "fd", 2, got, 1));
	count = 1;
	assert_int_equal(snt_recv_fds(a, bytes, 4, &got[1], &count), 2);
	close_fd(got[0]);
	close_fd(got[1]);
	snt_close(a);
	return 0;
}

static int pass_descriptors(void *unused)
{
	(void)unused;
	OK(program_pair(SOCK_STREAM, pass_on));
	OK(program_pair(SOCK_DGRAM, pass_on));
	return program_pair(SOCK_SEQPACKET, pass_on);
}

static void descriptors_travel(void)
{
	in_world(pass_descriptors);
}

/* What was sent after them is for the next read. */
static int end_a_read(struct snt_socket *a, struct snt_socket *b)
{
	int fd = snt_fileno(a), got[2];
	size_t count = 2;
	char bytes[8];

	OK(snt_send(a, "1", 1));
	OK(snt_send_fds(a, "2", 1, &fd, 1));
	OK(snt_send(a, "3", 1));
	assert_int_equal(snt_recv_fds(b, bytes, 8, got, &count), 2);
	assert_int_equal(count, 1);
	close_fd(got[0]);
	assert_int_equal(snt_recv(b, bytes, 8), 1);
	assert_int_equal(bytes[0], '3');
	fd = -1;
	FAILS(snt_send_fds(a, "4", 1, &fd, 1), -EINVAL);
	FAILS(snt_recv(b, bytes, 8), -ETIMEDOUT);
	snt_close(a);
	return 0;
}

static int read_around_descriptors(void *unused)
{
	(void)unused;
	return use_streams(end_a_read);
}

static void descriptors_end_a_read(void)
{
	in_world(read_around_descriptors);
}

/* One inside the other, many times. */
static int drop_nested(void *unused)
{
	struct snt_socket *outer[2], *next[2];
	char byte;

	(void)unused;
	OK(snt_socketpair(&outer[0], &outer[1], SOCK_STREAM));
	OK(snt_dup(outer[0], &next[0]));
	for (int i = 0; i < 20000; i++) {
		struct snt_socket *carrier[2];
		int fd = snt_fileno(next[0]);

		OK(snt_socketpair(&carrier[0], &carrier[1], SOCK_STREAM));
		OK(snt_send_fds(carrier[1], "x", 1, &fd, 1));
		snt_close(next[0]);
		snt_close(carrier[1]);
		next[0] = carrier[0];
	}
	snt_close(outer[0]);
	/* The other end is in a message in a message in ... */
	snt_settimeout(outer[1], SNT_SECOND);
	FAILS(snt_recv(outer[1], &byte, 1), -ETIMEDOUT);
	snt_close(next[0]);
	assert_int_equal(snt_recv(outer[1], &byte, 1), 0);
	snt_close(outer[1]);
	return 0;
}

static void descriptors_nobody_received_are_closed(void)
{
	in_world(drop_nested);
}

static int send_to_itself(struct snt_socket *a, struct snt_socket *b)
{
	int fds[2] = { snt_fileno(a), snt_fileno(b) };

	OK(snt_send_fds(a, "x", 1, fds, 2));
	snt_close(a);
	return 0;
}

static int make_cycle(void *unused)
{
	(void)unused;
	return use_streams(send_to_itself);
}

static void a_socket_lost_inside_itself_goes_with_its_host(void)
{
	in_world(make_cycle);
}

static int run_out_of_descriptors(struct snt_socket *a, struct snt_socket *b)
{
	struct snt_socket *more[1024];
	int fds[3] = { snt_fileno(a), snt_fileno(a), snt_fileno(a) };
	size_t count = 3;
	int open = 0;
	char byte;

	OK(snt_send_fds(a, "x", 1, fds, 3));
	while (snt_socket(&more[open], AF_UNIX, SOCK_STREAM, 0) == 0)
		open++;
	snt_close(more[--open]);
	snt_close(more[--open]);
	FAILS(snt_recv_fds(b, &byte, 1, fds, &count), -EMFILE);
	/* Those that had been taken have been closed. */
	OK(snt_socket(&more[open], AF_UNIX, SOCK_STREAM, 0));
	open++;
	OK(snt_socket(&more[open], AF_UNIX, SOCK_STREAM, 0));
	open++;
	while (open > 0)
		snt_close(more[--open]);
	snt_close(a);
	return 0;
}

static int use_up_descriptors(void *unused)
{
	(void)unused;
	return use_streams(run_out_of_descriptors);
}

static void without_room_descriptors_that_come_are_closed(void)
{
	in_world(use_up_descriptors);
}

static int know_peer(struct snt_socket *a, struct snt_socket *b)
{
	char control[CMSG_SPACE(sizeof(struct ucred))]
		__attribute__((aligned(8)));
	char byte;
	const struct iovec all = { &byte, 1 };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .control = control,
				       .control_size = sizeof control };
	struct snt_credentials credentials;
	struct ucred told;

	OK(snt_getpeercred(b, &credentials));
	assert_int_equal(credentials.pid, 2); /* the host's number and one */
	assert_int_equal(credentials.uid, 0);
	set_int(b, SOL_SOCKET, SO_PASSCRED, 1);
	OK(snt_send(a, "x", 1));
	OK(snt_recvmsg(b, &message));
	assert_int_equal(message.control_got, sizeof control);
	memcpy(&told, CMSG_DATA((struct cmsghdr *)(void *)control),
	       sizeof told);
	assert_int_equal(told.pid, 2);
	snt_close(a);
	return 0;
}

static int know_peers(void *unused)
{
	(void)unused;
	OK(program_pair(SOCK_STREAM, know_peer));
	return program_pair(SOCK_DGRAM, know_peer);
}

static void the_peer_is_known_as_a_process(void)
{
	in_world(know_peers);
}

static const struct test_case cases[] = {
	TEST(messages_keep_their_bounds),
	TEST(datagrams_wait_for_their_reader),
	TEST(a_receiver_that_is_gone_is_told),
	TEST(whoever_waits_for_a_receiver_hears_that_it_is_gone),
	TEST(a_datagram_tells_who_sent_it),
	TEST(descriptors_travel),
	TEST(descriptors_end_a_read),
	TEST(descriptors_nobody_received_are_closed),
	TEST(a_socket_lost_inside_itself_goes_with_its_host),
	TEST(without_room_descriptors_that_come_are_closed),
	TEST(the_peer_is_known_as_a_process),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
