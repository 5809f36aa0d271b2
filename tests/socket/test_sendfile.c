/* SPDX-License-Identifier: MIT */
/* A file over a stream: by the kernel, or read and sent; never too much. */
#include "net.h"

#include "io/io.h"

#include <sennit/file.h>
#include <sennit/options.h>
#include <signal.h>

#define BIG ((size_t)5 << 20)

struct sink {
	struct snt_socket *socket;
	size_t begin, count; /* of the pattern */
};

/* Takes the pattern to the stream's end. */
static int take(void *arg)
{
	const struct sink *sink = arg;
	static unsigned char bytes[65536];
	size_t count = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv(sink->socket, bytes, sizeof bytes))) > 0) {
		assert_pattern(bytes, (size_t)n, sink->begin + count);
		count += (size_t)n;
	}
	assert_int_equal(count, sink->count);
	return 0;
}

/* Sends while a fiber takes; every byte is looked at. */
static void send_and_take(const char *text, int fd,
			  const struct snt_sendfile_opts *opts, size_t begin,
			  size_t count)
{
	struct snt_group *group = group_open();
	struct sink sink = { .begin = begin, .count = count };
	struct snt_socket *socket;

	pair_on(text, &socket, &sink.socket);
	spawn(group, take, &sink);
	assert_int_equal(OK(snt_sendfile(socket, fd, opts)), count);
	OK(snt_shutdown(socket, SHUT_WR));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(socket);
	snt_close(sink.socket);
}

static void a_whole_file_arrives(void)
{
	static const size_t sizes[] = { 0, 1, 16384, 262144, 262145, BIG };

	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int fd = file_of(sizes[i]);

		send_and_take(text, fd, NULL, 0, sizes[i]);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		close(fd);
	}
}

static const struct {
	int64_t offset, count;
	size_t begin, sent;
	off_t after; /* where the file stands, which stood at 1000 */
} parts[] = {
	{ 0, 0, 0, 300000, 1000 },
	{ 5, 0, 5, 299995, 1000 },
	{ 5, 100, 5, 100, 1000 },
	{ 0, 300000, 0, 300000, 1000 },
	{ 0, 300001, 0, 300000, 1000 },
	{ 299999, 50, 299999, 1, 1000 },
	{ 300000, 0, 300000, 0, 1000 },
	{ 400000, 7, 400000, 0, 1000 },
	{ SNT_FILE_POSITION, 0, 1000, 299000, 300000 },
	{ SNT_FILE_POSITION, 10, 1000, 10, 1010 },
	{ SNT_FILE_POSITION, INT64_MAX, 1000, 299000, 300000 },
};

static void any_part_of_a_file_can_be_sent(void)
{
	int fd = file_of(300000);

	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct snt_sendfile_opts opts = {
			.offset = parts[i].offset, .count = parts[i].count
		};

		assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
		send_and_take("127.0.0.1:0", fd, &opts, parts[i].begin,
			      parts[i].sent);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), parts[i].after);
	}
	close(fd);
}

static struct snt__io without; /* sendfile that fails at a certain call */
static int calls_left;
static ptrdiff_t failure;

static ptrdiff_t no_sendfile(int out, int in, int64_t offset, size_t size)
{
	if (calls_left-- <= 0)
		return failure;
	return snt__kernel_io.sendfile(out, in, offset, size);
}

static void what_the_kernel_cannot_send_is_read_and_sent(void)
{
	static const int reasons[] = { EINVAL, ENOSYS, EOPNOTSUPP, ESPIPE };
	const struct snt_sendfile_opts from_position = {
		.offset = SNT_FILE_POSITION
	};
	int fd = file_of(BIG);

	without = snt__kernel_io;
	without.sendfile = no_sendfile;
	snt__io = &without;
	/* At once, and in the midst. */
	for (size_t i = 0; i < COUNT(reasons); i++)
		for (int after = 0; after < 4; after += 3) {
			failure = -reasons[i];
			calls_left = after;
			send_and_take("127.0.0.1:0", fd, NULL, 0, BIG);
		}
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	calls_left = 1;
	send_and_take("127.0.0.1:0", fd, &from_position, 7, BIG - 7);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), BIG);
	snt__io = &snt__kernel_io;
	close(fd);
}

static int write_pipe(void *arg)
{
	struct snt_socket **out = arg;
	unsigned char *bytes = pattern_bytes(300000);

	/* The reader has to wait at first, in the midst and for the end. */
	for (size_t place = 0; place < 300000; place += 100000) {
		OK(snt_sleep(MILLISECONDS(1)));
		OK(snt_sendall(*out, bytes + place, 100000));
	}
	OK(snt_sleep(MILLISECONDS(1)));
	snt_close(*out);
	*out = NULL;
	test_free(bytes);
	return 0;
}

/* A pipe, and a socket, as the source. */
static void what_has_no_positions_is_sent_to_its_end(void)
{
	for (int kind = 0; kind < 2; kind++)
		for (int limited = 0; limited < 2; limited++) {
			const struct snt_sendfile_opts opts = {
				.offset = limited ? SNT_FILE_POSITION : 0,
				.count = limited ? 300000 : 0,
			};
			struct snt_group *group = group_open();
			struct snt_socket *out;
			int ends[2];

			if (kind == 0)
				raw_pipe(ends);
			else
				raw_pair(SOCK_STREAM, ends);
			OK(snt_fromfd(&out, ends[1]));
			raw_close(ends[1]);
			spawn(group, write_pipe, &out);
			send_and_take("[::1]:0", ends[0], &opts, 0, 300000);
			OK(snt_group_wait(group));
			OK(snt_group_end(group));
			raw_close(ends[0]);
		}
}

static void proc_files_arrive(void)
{
	char expected[256], got[256];
	struct snt_socket *a, *b;
	int fd = open("/proc/self/limits", O_RDONLY | O_CLOEXEC);
	ptrdiff_t n = read(fd, expected, sizeof expected);
	const struct snt_sendfile_opts opts = { .count = n };

	assert_true(n > 100);
	pair_on("127.0.0.1:0", &a, &b);
	assert_int_equal(OK(snt_sendfile(a, fd, &opts)), n);
	assert_int_equal(OK(snt_recv_exact(b, got, (size_t)n)), n);
	assert_memory_equal(expected, got, (size_t)n);
	close(fd);
	fd = open("/proc/sys/kernel/ostype", O_RDONLY | O_CLOEXEC);
	assert_int_equal(OK(snt_sendfile(a, fd, NULL)), 6);
	assert_int_equal(OK(snt_recv_exact(b, got, 6)), 6);
	assert_memory_equal(got, "Linux\n", 6);
	close(fd);
	snt_close(a);
	snt_close(b);
}

/* To a pipe and to a file, as a handle; set to wait, or not. */
static void a_pipe_or_a_file_can_be_the_handle(void)
{
	int fd = file_of(BIG);

	for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
		struct snt_group *group = group_open();
		struct sink sink = { .count = BIG };
		struct snt_socket *out;
		int ends[2], copy = memfd_create("copy", MFD_CLOEXEC);

		assert_int_equal(pipe2(ends, O_CLOEXEC | flags), 0);
		OK(snt_fromfd(&sink.socket, ends[0]));
		OK(snt_fromfd(&out, ends[1]));
		close(ends[0]);
		close(ends[1]);
		spawn(group, take, &sink);
		assert_int_equal(OK(snt_sendfile(out, fd, NULL)), BIG);
		snt_close(out);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(sink.socket);

		assert_int_equal(fcntl(copy, F_SETFL, flags), 0);
		OK(snt_fromfd(&out, copy));
		assert_int_equal(OK(snt_sendfile(out, fd, NULL)), BIG);
		assert_int_equal(lseek(copy, 0, SEEK_END), BIG);
		snt_close(out);
		close(copy);
	}
	close(fd);
}

struct progress {
	int64_t last;
	int count;
	int others;
};

static void note(void *arg, int64_t sent)
{
	struct progress *progress = arg;

	assert_true(sent > progress->last);
	progress->last = sent;
	progress->count++;
}

static int go_on(void *arg)
{
	struct progress *progress = arg;

	for (;;) {
		SNT_TRY(snt_yield());
		progress->others++;
	}
}

/* To a file nothing ever has to wait. */
static void others_go_on_between_the_pieces_and_progress_is_told(void)
{
	struct progress progress = { 0 };
	const struct snt_sendfile_opts opts = { .progress = note,
						.arg = &progress };
	int fd = file_of(BIG), copy = memfd_create("copy", MFD_CLOEXEC);
	struct snt_group *group = group_open();
	struct snt_socket *out;

	OK(snt_fromfd(&out, copy));
	spawn(group, go_on, &progress);
	assert_int_equal(OK(snt_sendfile(out, fd, &opts)), BIG);
	assert_int_equal(progress.last, BIG);
	assert_true(progress.count >= (int)(BIG / 262144));
	assert_true(progress.others >= (int)(BIG / 262144) - 1);
	OK(snt_group_end(group));
	snt_close(out);
	close(copy);
	close(fd);
}

static int take_slowly(void *arg)
{
	const struct sink *sink = arg;
	char bytes[4096];

	for (size_t left = sink->count; left > 0;) {
		ptrdiff_t n = OK(snt_recv(sink->socket, bytes, sizeof bytes));

		left -= (size_t)n;
		if (left / 200000 != (left + (size_t)n) / 200000)
			OK(snt_sleep(MILLISECONDS(20)));
	}
	return 0;
}

/* 50 pauses of 20 ms are longer than the timeout, which none of them is. */
static void the_timeout_is_that_of_each_wait(void)
{
	int fd = file_of(2 * BIG);
	struct snt_group *group = group_open();
	struct sink sink = { .count = 2 * BIG };
	struct snt_socket *out;

	pair_on("127.0.0.1:0", &out, &sink.socket);
	OK(snt_set_sndbuf(out, 65536));
	OK(snt_set_rcvbuf(sink.socket, 65536));
	snt_settimeout(out, MILLISECONDS(800));
	spawn(group, take_slowly, &sink);
	assert_int_equal(OK(snt_sendfile(out, fd, NULL)), 2 * BIG);
	OK(snt_group_wait(group));
	/* Now nobody takes anything. */
	snt_settimeout(out, MILLISECONDS(20));
	FAILS(snt_sendfile(out, fd, NULL), -ETIMEDOUT);
	assert_true(snt_done() > 0 && snt_done() < 2 * BIG);
	snt_settimeout(out, SNT_NOWAIT);
	FAILS(snt_sendfile(out, fd, NULL), -EAGAIN);
	OK(snt_group_end(group));
	snt_close(out);
	snt_close(sink.socket);
	close(fd);
}

struct call {
	struct snt_socket *socket;
	int fd;
	ptrdiff_t result;
};

static int send_file(void *arg)
{
	struct call *call = arg;

	call->result = snt_sendfile(call->socket, call->fd, NULL);
	return 0;
}

/* While it waits for room, and while it waits for what it is to send. */
static void a_close_and_a_cancel_end_it_at_once(void)
{
	int ends[2], file = simulated() ? -1 : file_of(BIG);

	raw_pipe(ends);
	for (int from_pipe = simulated(); from_pipe < 2; from_pipe++)
		for (int cancel = 0; cancel < 2; cancel++) {
			struct snt_group *group = group_open();
			struct call call = { .fd = from_pipe ? ends[0] : file };
			struct snt_socket *peer;

			pair_on("127.0.0.1:0", &call.socket, &peer);
			if (!from_pipe)
				fill(call.socket);
			spawn(group, send_file, &call);
			let_them_wait();
			FAILS(snt_send(call.socket, "x", 1), -EBUSY);
			if (cancel)
				snt_group_cancel(group);
			else
				snt_close(call.socket);
			OK(snt_group_wait(group));
			assert_int_equal(call.result,
					 cancel ? -ECANCELED : -EBADF);
			OK(snt_group_end(group));
			if (cancel)
				snt_close(call.socket);
			snt_close(peer);
		}
	raw_close(ends[0]);
	raw_close(ends[1]);
	if (!simulated())
		close(file);
}

static int close_it(void *arg)
{
	snt_close(arg);
	return 0;
}

static void a_close_between_two_pieces_ends_it(void)
{
	int file = file_of(BIG), copy = memfd_create("copy", MFD_CLOEXEC);
	struct snt_group *group = group_open();
	struct snt_socket *out;

	OK(snt_fromfd(&out, copy));
	spawn(group, close_it, out);
	FAILS(snt_sendfile(out, file, NULL), -EBADF);
	assert_true(snt_done() > 0 && snt_done() < BIG);
	OK(snt_group_end(group));
	close(copy);
	close(file);
}

static void a_peer_that_is_gone_is_told_without_a_signal(void)
{
	int fd = file_of(BIG);

	signal(SIGPIPE, SIG_DFL);
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		ptrdiff_t n;

		pair_on(text, &a, &b);
		snt_abort(b);
		do
			n = snt_sendfile(a, fd, NULL);
		while (n > 0);
		assert_true(n == -EPIPE || n == -ECONNRESET);
		assert_true(snt_errmsg()[0] != '\0');
		n = snt_sendfile(a, fd, NULL);
		assert_true(n == -EPIPE || n == -ECONNRESET);
		snt_close(a);
	}
	close(fd);
}

static void what_cannot_be_sent_is_told(void)
{
	struct snt_sendfile_opts opts = { .count = -1 };
	int ends[2], file = file_of(10), folder;
	struct snt_socket *a, *b, *udp, *server;

	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_sendfile(a, file, &opts), -EINVAL);
	opts = (struct snt_sendfile_opts){ .offset = -2 };
	FAILS(snt_sendfile(a, file, &opts), -EINVAL);
	FAILS(snt_sendfile(a, 12345, NULL), -EINVAL);
	TELLS("descriptor 12345 is not open for reading");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	FAILS(snt_sendfile(a, ends[1], NULL), -EINVAL);
	TELLS("not open for reading");
	opts = (struct snt_sendfile_opts){ .offset = 1 };
	FAILS(snt_sendfile(a, ends[0], &opts), -ESPIPE);
	folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FAILS(snt_sendfile(a, folder, NULL), -EISDIR);
	TELLS("it is a directory");
	close(folder);
	folder = open("/dev/null", O_WRONLY | O_CLOEXEC);
	FAILS(snt_sendfile(a, folder, NULL), -EINVAL);
	TELLS("not open for reading");
	close(folder);
	OK(snt_socket(&udp, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_sendfile(udp, file, NULL), -EOPNOTSUPP);
	TELLS("only for streams");
	server = server_on("127.0.0.1:0");
	FAILS(snt_sendfile(server, file, NULL), -EOPNOTSUPP);
	TELLS("a listener has no peer");
	/* And none of it has harmed the handle. */
	assert_int_equal(OK(snt_sendfile(a, file, NULL)), 10);
	snt_close(server);
	snt_close(udp);
	snt_close(a);
	snt_close(b);
	close(ends[0]);
	close(ends[1]);
	close(file);
}

static const struct test_case cases[] = {
	/* Simulated hosts have no files to send. */
	TEST_KERNEL(a_whole_file_arrives),
	TEST_KERNEL(any_part_of_a_file_can_be_sent),
	TEST_KERNEL(what_the_kernel_cannot_send_is_read_and_sent),
	TEST(what_has_no_positions_is_sent_to_its_end),
	TEST_KERNEL(proc_files_arrive),
	TEST_KERNEL(a_pipe_or_a_file_can_be_the_handle),
	TEST_KERNEL(others_go_on_between_the_pieces_and_progress_is_told),
	TEST_KERNEL(the_timeout_is_that_of_each_wait),
	TEST(a_close_and_a_cancel_end_it_at_once),
	TEST_KERNEL(a_close_between_two_pieces_ends_it),
	TEST_KERNEL(a_peer_that_is_gone_is_told_without_a_signal),
	TEST_KERNEL(what_cannot_be_sent_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
