/* SPDX-License-Identifier: MIT */
/* Unix sockets inside a simulated host: connections, messages, names, and the
 * descriptors that travel. */
#include "datagrams.h"

#include "io/io.h"

#define PATH "unix:/run/test.sock"

static int program_pair(int type,
			int (*use)(struct snt_socket *a, struct snt_socket *b))
{
	struct snt_socket *a, *b;
	int code;

	OK(snt_socketpair(&a, &b, type));
	snt_settimeout(a, SOON);
	snt_settimeout(b, SOON);
	code = use(a, b);
	snt_close(b);
	return code;
}

static int use_streams(int (*use)(struct snt_socket *a, struct snt_socket *b))
{
	return program_pair(SOCK_STREAM, use);
}

static struct snt_socket *server_at(const char *text, int type)
{
	const struct snt_server_opts opts = { .type = type };
	struct snt_socket *socket;

	OK(snt_create_server(&socket, text, &opts));
	snt_settimeout(socket, SOON);
	return socket;
}

static struct snt_socket *connection_to(const char *text, int type)
{
	const struct snt_connection_opts opts = { .type = type };
	struct snt_socket *socket;

	OK(snt_create_connection(&socket, text, &opts));
	snt_settimeout(socket, SOON);
	return socket;
}

static void assert_says(struct snt_socket *socket, const char *words)
{
	char bytes[64] = { 0 };

	assert_int_equal(snt_recv(socket, bytes, sizeof bytes - 1),
			 strlen(words));
	assert_string_equal(bytes, words);
}

static int talk_over_path(void *unused)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
	static const char *const names[] = { PATH, "unix:@name" };

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		struct snt_socket *listener =
			server_at(names[i % 2], types[i / 2]);
		struct snt_socket *peer =
			connection_to(names[i % 2], types[i / 2]);
		struct snt_socket *conn;
		char text[SNT_ADDR_TEXT];

		/* Before it is accepted. */
		OK(snt_sendall(peer, "early", 5));
		OK(snt_accept(listener, &conn));
		assert_says(conn, "early");
		OK(snt_sendall(conn, "answer", 6));
		assert_says(peer, "answer");
		OK(snt_getpeername_text(peer, text, sizeof text));
		assert_string_equal(text, names[i % 2]);
		OK(snt_getpeername_text(conn, text, sizeof text));
		assert_string_equal(text, "unix:");
		snt_close(conn);
		assert_int_equal(snt_recv(peer, text, 1), 0);
		snt_close(peer);
		snt_close(listener);
	}
	return 0;
}

static void connections_are_made_over_paths_and_abstract_names(void)
{
	in_world(talk_over_path);
}

static int find_nobody(void *unused)
{
	struct snt_socket *socket, *listener = server_at(PATH, SOCK_STREAM);
	struct snt_addr path = addr_of(PATH), none = addr_of("unix:/none");
	struct snt_addr abstract = addr_of("unix:@none");

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_SEQPACKET, 0));
	FAILS(snt_connect(socket, &none), -ENOENT);
	FAILS(snt_connect(socket, &abstract), -ECONNREFUSED);
	FAILS(snt_connect(socket, &path), -EPROTOTYPE);
	snt_close(socket);
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_bind(socket, &path), -EADDRINUSE);
	OK(snt_bind(socket, &none));
	/* It is there, and does not listen. */
	FAILS(snt_connect(socket, &none), -ECONNREFUSED);
	FAILS(snt_bind(socket, &abstract), -EINVAL);
	snt_close(socket);
	snt_close(listener);
	return 0;
}

static void who_is_not_there_is_told_apart(void)
{
	in_world(find_nobody);
}

static int look_from_another_host(void *unused)
{
	struct snt_socket *socket;
	struct snt_addr path = addr_of(PATH), name = addr_of("unix:@name");

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &path), -ENOENT);
	FAILS(snt_connect(socket, &name), -ECONNREFUSED);
	snt_close(socket);
	return 0;
}

static int serve_and_let_look(void *unused)
{
	struct snt_socket *servers[] = { server_at(PATH, SOCK_STREAM),
					 server_at("unix:@name", SOCK_STREAM) };

	(void)unused;
	OK(snt_sim_start(server, look_from_another_host, NULL));
	OK(snt_sim_join(server, NULL));
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static void names_are_a_hosts_own(void)
{
	in_world(serve_and_let_look);
}

static int die_listening(void *unused)
{
	struct snt_socket *servers[] = { server_at(PATH, SOCK_STREAM),
					 server_at("unix:@name", SOCK_STREAM) };
	struct snt_socket *conn;

	(void)unused;
	snt_settimeout(servers[0], SNT_FOREVER);
	FAILS(snt_accept(servers[0], &conn), -ECANCELED);
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static int find_stale(void *unused)
{
	struct snt_addr path = addr_of(PATH), name = addr_of("unix:@name");
	struct snt_socket *socket, *servers[2];

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &path), -ECONNREFUSED);
	FAILS(snt_connect(socket, &name), -ECONNREFUSED);
	FAILS(snt_bind(socket, &path), -EADDRINUSE);
	/* A server replaces what nobody listens on. */
	servers[0] = server_at(PATH, SOCK_STREAM);
	servers[1] = server_at("unix:@name", SOCK_STREAM);
	OK(snt_connect(socket, &path));
	snt_close(socket);
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static int kill_and_start_again(void *unused)
{
	(void)unused;
	OK(snt_sim_start(server, die_listening, NULL));
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	OK(snt_sim_join(server, NULL));
	OK(snt_sim_start(server, find_stale, NULL));
	return snt_sim_join(server, NULL);
}

static void a_path_outlives_its_host_and_an_abstract_name_does_not(void)
{
	in_world(kill_and_start_again);
}

static int read_after_close(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	snt_close(a);
	assert_says(b, "12");
	assert_int_equal(snt_recv(b, &byte, 1), 0);
	FAILS(snt_send(b, "x", 1), -EPIPE);
	return 0;
}

static int lose_unread(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	OK(snt_sendall(b, "unread", 6));
	snt_close(a);
	assert_says(b, "12");
	FAILS(snt_recv(b, &byte, 1), -ECONNRESET);
	FAILS(snt_send(b, "x", 1), -EPIPE);
	return 0;
}

static int close_half(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	OK(snt_shutdown(a, SHUT_WR));
	FAILS(snt_send(a, "x", 1), -EPIPE);
	assert_says(b, "12");
	assert_int_equal(snt_recv(b, &byte, 1), 0);
	OK(snt_sendall(b, "back", 4));
	assert_says(a, "back");
	OK(snt_shutdown(a, SHUT_RD));
	FAILS(snt_send(b, "x", 1), -EPIPE);
	snt_close(a);
	return 0;
}

static int end_streams(void *unused)
{
	(void)unused;
	OK(use_streams(read_after_close));
	OK(use_streams(lose_unread));
	return use_streams(close_half);
}

static void a_stream_ends_as_on_linux(void)
{
	in_world(end_streams);
}

/* What is waiting to be accepted is reset. */
static int close_listener(void *unused)
{
	struct snt_socket *listener = server_at(PATH, SOCK_STREAM);
	struct snt_socket *peer = connection_to(PATH, SOCK_STREAM);
	char byte;

	(void)unused;
	snt_close(listener);
	FAILS(snt_recv(peer, &byte, 1), -ECONNRESET);
	snt_close(peer);
	return 0;
}

static void connections_nobody_accepted_are_reset(void)
{
	in_world(close_listener);
}

static int overrun_backlog(void *unused)
{
	const struct snt_server_opts opts = { .backlog = 1 };
	struct snt_addr addr = addr_of(PATH);
	struct snt_socket *listener, *peers[3], *conn;

	(void)unused;
	OK(snt_create_server(&listener, PATH, &opts));
	for (int i = 0; i < 3; i++) {
		OK(snt_socket(&peers[i], AF_UNIX, SOCK_STREAM, 0));
		snt_settimeout(peers[i], SNT_NOWAIT);
		FAILS(snt_connect(peers[i], &addr), i < 2 ? 0 : -EAGAIN);
	}
	OK(snt_accept(listener, &conn));
	OK(snt_connect(peers[2], &addr));
	for (int i = 0; i < 3; i++)
		snt_close(peers[i]);
	snt_close(conn);
	snt_close(listener);
	return 0;
}

static void a_full_backlog_takes_no_more(void)
{
	in_world(overrun_backlog);
}

static size_t total_read;

static int read_all(void *socket)
{
	static char bytes[10000];
	ptrdiff_t n;

	while ((n = snt_recv(socket, bytes, sizeof bytes)) > 0) {
		total_read += (size_t)n;
		OK(snt_sleep(SNT_MILLISECOND));
	}
	return (int)n;
}

static int send_more_than_fits(struct snt_socket *a, struct snt_socket *b)
{
	static const char bytes[1000000];
	struct snt_group *group;

	snt_settimeout(a, SNT_NOWAIT);
	/* With what Linux makes of a send buffer of 212,992. */
	assert_int_equal(snt_send(a, bytes, sizeof bytes), 219264);
	FAILS(snt_send(a, bytes, 1), -EAGAIN);
	snt_settimeout(a, SOON);
	group = group_with(NULL);
	start(group, read_all, b);
	OK(snt_sendall(a, bytes, sizeof bytes));
	snt_close(a);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(total_read, sizeof bytes + 219264);
	return 0;
}

static int fill_streams(void *unused)
{
	(void)unused;
	return use_streams(send_more_than_fits);
}

static void a_full_stream_goes_on_when_it_is_read(void)
{
	in_world(fill_streams);
}

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

/* One inside the other, many times. */
static int drop_nested(void *unused)
{
	struct snt_socket *outer[2], *next[2];
	char byte;

	(void)unused;
	OK(snt_socketpair(&outer[0], &outer[1], SOCK_STREAM));
	OK(snt_dup(outer[0], &next[0]));
	for (int i = 0; i < 1000; i++) {
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

static int wait_against_death(void *unused)
{
	struct snt_socket *a, *b;
	char byte;

	(void)unused;
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	FAILS(snt_recv(a, &byte, 1), -ECANCELED);
	snt_close(a);
	snt_close(b);
	return 0;
}

static int kill_waiting(void *unused)
{
	(void)unused;
	OK(snt_sim_start(server, wait_against_death, NULL));
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	return snt_sim_join(server, NULL);
}

static void a_killed_hosts_sockets_close_in_peace(void)
{
	in_world(kill_waiting);
}

static const struct test_case cases[] = {
	TEST(connections_are_made_over_paths_and_abstract_names),
	TEST(who_is_not_there_is_told_apart),
	TEST(names_are_a_hosts_own),
	TEST(a_path_outlives_its_host_and_an_abstract_name_does_not),
	TEST(a_stream_ends_as_on_linux),
	TEST(connections_nobody_accepted_are_reset),
	TEST(a_full_backlog_takes_no_more),
	TEST(a_full_stream_goes_on_when_it_is_read),
	TEST(messages_keep_their_bounds),
	TEST(datagrams_wait_for_their_reader),
	TEST(a_receiver_that_is_gone_is_told),
	TEST(a_datagram_tells_who_sent_it),
	TEST(descriptors_travel),
	TEST(descriptors_nobody_received_are_closed),
	TEST(a_socket_lost_inside_itself_goes_with_its_host),
	TEST(without_room_descriptors_that_come_are_closed),
	TEST(the_peer_is_known_as_a_process),
	TEST(a_killed_hosts_sockets_close_in_peace),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
