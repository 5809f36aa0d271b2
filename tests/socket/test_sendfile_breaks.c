/* SPDX-License-Identifier: MIT */
/* A file over a stream: what breaks it off between two pieces, and what the
 * kernel refuses. */
#include "net.h"

#include "io/io.h"

#include <fcntl.h>
#include <sennit/file.h>

#define BIG ((size_t)5 << 20)

/* One that the kernel may be asked to send to: it is set not to wait. */
static int copy_file(void)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void cancel_at_once(void *group, int64_t sent)
{
	(void)sent;
	snt_group_cancel(group);
}

struct cancelled {
	struct snt_group *group;
	int file;
	struct snt_socket *out;
	ptrdiff_t done;
};

static int send_until_cancelled(void *arg)
{
	struct cancelled *cancelled = arg;
	const struct snt_sendfile_opts opts = { .progress = cancel_at_once,
						.arg = cancelled->group };

	FAILS(snt_sendfile(cancelled->out, cancelled->file, &opts), -ECANCELED);
	cancelled->done = (ptrdiff_t)snt_done();
	return 0;
}

/* Between two pieces nothing has to wait, and yet it is heard there. */
static void a_cancel_between_two_pieces_ends_it(void)
{
	struct cancelled cancelled = { .file = file_of(BIG) };
	int copy = copy_file();
	int64_t first;

	cancelled.group = group_open();
	OK(snt_fromfd(&cancelled.out, copy));
	spawn(cancelled.group, send_until_cancelled, &cancelled);
	OK(snt_group_wait(cancelled.group));
	first = lseek(copy, 0, SEEK_END);
	assert_int_equal(cancelled.done, first);
	assert_true(first > 0 && first <= 262144);
	OK(snt_group_end(cancelled.group));
	snt_close(cancelled.out);
	close(copy);
	close(cancelled.file);
}

static struct snt__io refusing;
static int refusal;

static ptrdiff_t refuse_sendfile(int out, int in, int64_t offset, size_t size)
{
	(void)out;
	(void)in;
	(void)offset;
	(void)size;
	return -refusal;
}

/* Whatever the kernel says of it, it is then read and sent. */
static void what_the_kernel_refuses_to_send_is_copied(void)
{
	static const int codes[] = { EINVAL, ENOSYS, EOPNOTSUPP, EOVERFLOW,
				     ESPIPE };

	for (size_t i = 0; i < COUNT(codes); i++) {
		int file = file_of(1000), copy = copy_file();
		const struct snt__io *real = snt__io;
		struct snt_socket *out;

		OK(snt_fromfd(&out, copy));
		refusing = *snt__io;
		refusing.sendfile = refuse_sendfile;
		refusal = codes[i];
		snt__io = &refusing;
		assert_int_equal(OK(snt_sendfile(out, file, NULL)), 1000);
		snt__io = real;
		assert_int_equal(lseek(copy, 0, SEEK_END), 1000);
		snt_close(out);
		close(copy);
		close(file);
	}
}

static const struct test_case cases[] = {
	TEST(a_cancel_between_two_pieces_ends_it),
	TEST(what_the_kernel_refuses_to_send_is_copied),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
