/* SPDX-License-Identifier: MIT */
/* Descriptors of others: any kind, and their flags stay as they were. */
#include "net.h"

#include <signal.h>
#include <sys/mman.h>

static struct snt_socket *adopted(int fd)
{
	struct snt_socket *handle;

	OK(snt_fromfd(&handle, fd));
	assert_int_not_equal(snt_fileno(handle), fd);
	return handle;
}

struct drain {
	int fd;
	size_t total;
	struct snt_socket *handle;
};

static int send_much(void *arg)
{
	struct drain *drain = arg;
	unsigned char *bytes = pattern_bytes(drain->total);

	OK(snt_sendall(drain->handle, bytes, drain->total));
	snt_close(drain->handle);
	test_free(bytes);
	return 0;
}

static int recv_much(void *arg)
{
	const struct drain *drain = arg;
	struct snt_socket *handle = adopted(drain->fd);
	static unsigned char bytes[100000];
	size_t seen = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv(handle, bytes, sizeof bytes))) > 0) {
		assert_pattern(bytes, (size_t)n, seen);
		seen += (size_t)n;
		assert_true(raw_is_blocking(drain->fd));
	}
	assert_int_equal(seen, drain->total);
	snt_close(handle);
	return 0;
}

/* Both ends block, as the shell's do; neither fiber may stop the other. */
static void flows_between(int from, int to)
{
	struct drain writer = { .total = 1 << 20, .handle = adopted(from) };
	struct drain reader = { .fd = to, .total = 1 << 20 };
	struct snt_group *group = group_open();

	raw_close(from);
	spawn(group, recv_much, &reader);
	spawn(group, send_much, &writer);
	OK(snt_group_wait(group));
	assert_true(raw_is_blocking(to));
	OK(snt_group_end(group));
	raw_close(to);
}

static void a_blocking_pipe_carries_bytes_and_stays_blocking(void)
{
	int fds[2];

	raw_pipe(fds);
	flows_between(fds[1], fds[0]);
}

static void a_blocking_socket_carries_bytes_and_stays_blocking(void)
{
	int fds[2];

	raw_pair(SOCK_STREAM, fds);
	flows_between(fds[1], fds[0]);
}

static void a_pipe_without_a_reader_is_an_error_and_no_signal(void)
{
	struct snt_socket *handle;
	sigset_t pending;
	int fds[2];

	signal(SIGPIPE, SIG_DFL);
	raw_pipe(fds);
	handle = adopted(fds[1]);
	raw_close(fds[0]);
	for (int i = 0; i < 3; i++)
		FAILS(snt_send(handle, "x", 1), -EPIPE);
	FAILS(snt_sendall(handle, "x", 1), -EPIPE);
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	raw_close(fds[1]);
	snt_close(handle);
}

/* One that was pending before is the program's own, and stays. */
static void a_sigpipe_of_the_program_stays_pending(void)
{
	struct snt_socket *handle;
	sigset_t pipes, pending;
	int fds[2];

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipes, NULL);
	raise(SIGPIPE);
	raw_pipe(fds);
	handle = adopted(fds[1]);
	raw_close(fds[0]);
	FAILS(snt_send(handle, "x", 1), -EPIPE);
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 1);
	raw_close(fds[1]);
	snt_close(handle);
}

static void a_pipes_end_is_the_streams_end(void)
{
	struct snt_socket *handle;
	char bytes[8];
	int fds[2];

	raw_pipe(fds);
	handle = adopted(fds[0]);
	raw_write(fds[1], "last", 4);
	raw_close(fds[1]);
	assert_int_equal(OK(snt_recv(handle, bytes, 8)), 4);
	assert_int_equal(OK(snt_recv(handle, bytes, 8)), 0);
	raw_close(fds[0]);
	snt_close(handle);
}

static void an_empty_pipe_times_out(void)
{
	struct snt_socket *handle;
	int fds[2];
	char byte;

	raw_pipe(fds);
	handle = adopted(fds[0]);
	snt_settimeout(handle, MILLISECONDS(10));
	FAILS(snt_recv(handle, &byte, 1), -ETIMEDOUT);
	FAILS(snt_wait_readable(handle), -ETIMEDOUT);
	snt_settimeout(handle, SNT_NOWAIT);
	FAILS(snt_recv(handle, &byte, 1), -EAGAIN);
	raw_close(fds[0]);
	raw_close(fds[1]);
	snt_close(handle);
}

static void a_regular_file_is_read_and_written_without_waiting(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	struct snt_socket *handle = adopted(fd);
	char bytes[8];

	OK(snt_wait_writable(handle));
	OK(snt_sendall(handle, "content", 7));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	OK(snt_wait_readable(handle));
	assert_int_equal(OK(snt_recv(handle, bytes, 8)), 7);
	assert_memory_equal(bytes, "content", 7);
	assert_int_equal(OK(snt_recv(handle, bytes, 8)), 0);
	raw_close(fd);
	snt_close(handle);
}

/* In a simulated world its console, which is as quiet. */
static int null_device(void)
{
	return simulated() ? STDOUT_FILENO
			   : open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void dev_null_takes_all_and_gives_nothing(void)
{
	int fd = null_device();
	struct snt_socket *handle = adopted(fd);
	static char bytes[100000];

	OK(snt_sendall(handle, bytes, sizeof bytes));
	assert_int_equal(OK(snt_recv(handle, bytes, 8)), 0);
	raw_close(fd);
	snt_close(handle);
}

static void a_full_disk_is_an_error(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct snt_socket *handle = adopted(fd);

	FAILS(snt_sendall(handle, "x", 1), -ENOSPC);
	TELLS("no space left");
	raw_close(fd);
	snt_close(handle);
}

/* The terminal's other side reads nothing; its buffer is soon full. */
static void a_terminal_that_takes_no_more_is_waited_for(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	static char bytes[1 << 20];
	struct snt_socket *handle;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	handle = adopted(slave);
	memset(bytes, 'x', sizeof bytes);
	snt_settimeout(handle, MILLISECONDS(50));
	FAILS(snt_recv(handle, bytes, 1), -ETIMEDOUT);
	FAILS(snt_sendall(handle, bytes, sizeof bytes), -ETIMEDOUT);
	assert_in_range(snt_done(), 1, sizeof bytes - 1);
	assert_true(raw_is_blocking(slave));
	raw_close(master);
	raw_close(slave);
	snt_close(handle);
}

static void a_blocking_listener_can_be_adopted(void)
{
	struct snt_addr any = parsed("127.0.0.1:0"), name;
	int fd = raw_socket(AF_INET, SOCK_STREAM);
	struct snt_socket *server, *conn, *peer;
	char text[32];

	assert_int_equal(raw_bind(fd, &any), 0);
	assert_int_equal(raw_listen(fd, 10), 0);
	snprintf(text, sizeof text, "fd:%d", fd);
	OK(snt_create_server(&server, text, NULL));
	snt_settimeout(server, MILLISECONDS(10));
	FAILS(snt_accept(server, &conn), -ETIMEDOUT);
	snt_settimeout(server, 0);
	peer = connected_to(server);
	OK(snt_accept(server, &conn));
	assert_true(raw_is_blocking(fd));
	assert_false(raw_is_blocking(snt_fileno(conn)));
	name = raw_name(fd);
	any = name_of(server);
	assert_true(snt_addr_equal(&any, &name));
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
	raw_close(fd);
}

static void what_does_not_listen_is_no_server(void)
{
	struct snt_socket *server;
	char text[32];
	int fds[2];

	raw_pipe(fds);
	snprintf(text, sizeof text, "fd:%d", fds[0]);
	FAILS(snt_create_server(&server, text, NULL), -EINVAL);
	TELLS("not a listening socket");
	FAILS(snt_create_server(
		      &server, text,
		      &(struct snt_server_opts){ .type = SOCK_DGRAM }),
	      -EINVAL);
	TELLS("not a datagram socket");
	raw_close(fds[0]);
	raw_close(fds[1]);
}

static void an_adopted_connection_knows_its_peer_after_a_reset(void)
{
	struct snt_socket *lib, *handle;
	int fd = raw_peer("127.0.0.1:0", &lib);
	struct snt_addr expected = name_of(lib), peer;
	char byte;

	handle = adopted(fd);
	snt_abort(lib);
	FAILS(snt_recv(handle, &byte, 1), -ECONNRESET);
	OK(snt_getpeername(handle, &peer));
	assert_true(snt_addr_equal(&peer, &expected));
	raw_close(fd);
	snt_close(handle);
}

/* Nobody answers there; connect(2) itself has no flag that would help. */
static void connect_of_an_adopted_blocking_socket_can_time_out(void)
{
	struct snt_addr any = parsed("127.0.0.1:0");
	int listener = raw_socket(AF_INET, SOCK_STREAM);
	int filler = raw_socket(AF_INET, SOCK_STREAM);
	int fd = raw_socket(AF_INET, SOCK_STREAM);
	struct snt_socket *handle = adopted(fd);

	assert_int_equal(raw_bind(listener, &any), 0);
	assert_int_equal(raw_listen(listener, 0), 0);
	any = raw_name(listener);
	assert_int_equal(raw_connect(filler, &any), 0);
	snt_settimeout(handle, MILLISECONDS(20));
	FAILS(snt_connect(handle, &any), -ETIMEDOUT);
	assert_true(raw_is_blocking(fd));
	raw_close(listener);
	raw_close(filler);
	raw_close(fd);
	snt_close(handle);
}

static void a_closed_descriptor_is_refused(void)
{
	struct snt_socket *handle;
	int fd = raw_socket(AF_INET, SOCK_STREAM);

	raw_close(fd);
	FAILS(snt_fromfd(&handle, fd), -EBADF);
	FAILS(snt_fromfd(&handle, fd + 9999), -EBADF);
	FAILS(snt_fromfd(&handle, -1), -EBADF);
	TELLS("fromfd -1");
}

static void what_is_no_socket_says_so(void)
{
	int fd = null_device();
	struct snt_socket *handle = adopted(fd), *conn;
	struct snt_addr addr = parsed("127.0.0.1:1");
	char bytes[4];

	FAILS(snt_accept(handle, &conn), -EINVAL);
	FAILS(snt_getpeername(handle, &addr), -ENOTSOCK);
	FAILS(snt_getsockname(handle, &addr), -ENOTSOCK);
	FAILS(snt_shutdown(handle, SHUT_WR), -ENOTSOCK);
	FAILS(snt_bind(handle, &addr), -ENOTSOCK);
	FAILS(snt_listen(handle, 1), -ENOTSOCK);
	FAILS(snt_connect(handle, &addr), -ENOTSOCK);
	FAILS(snt_recv_until(handle, "\n", 1, bytes, 4), -EOPNOTSUPP);
	TELLS("only a socket");
	raw_close(fd);
	snt_close(handle);
}

static void closing_the_handle_leaves_the_descriptor(void)
{
	struct snt_socket *handle;
	int fds[2];

	raw_pipe(fds);
	handle = adopted(fds[1]);
	snt_close(handle);
	raw_write(fds[1], "x", 1);
	raw_close(fds[0]);
	raw_close(fds[1]);
}

static const struct test_case cases[] = {
	TEST(a_blocking_pipe_carries_bytes_and_stays_blocking),
	TEST(a_blocking_socket_carries_bytes_and_stays_blocking),
	TEST(a_pipe_without_a_reader_is_an_error_and_no_signal),
	TEST(a_sigpipe_of_the_program_stays_pending),
	TEST(a_pipes_end_is_the_streams_end),
	TEST(an_empty_pipe_times_out),
	/* Files, and terminals. */
	TEST_KERNEL(a_regular_file_is_read_and_written_without_waiting),
	TEST(dev_null_takes_all_and_gives_nothing),
	TEST_KERNEL(a_full_disk_is_an_error),
	TEST_KERNEL(a_terminal_that_takes_no_more_is_waited_for),
	TEST(a_blocking_listener_can_be_adopted),
	TEST(what_does_not_listen_is_no_server),
	TEST(an_adopted_connection_knows_its_peer_after_a_reset),
	TEST(connect_of_an_adopted_blocking_socket_can_time_out),
	TEST(a_closed_descriptor_is_refused),
	TEST(what_is_no_socket_says_so),
	TEST(closing_the_handle_leaves_the_descriptor),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
