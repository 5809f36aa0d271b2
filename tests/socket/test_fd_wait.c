/* SPDX-License-Identifier: MIT */
/* Descriptors of other libraries: waited for, and otherwise left alone. */
#include "net.h"

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int simulated_registrations(int fd)
{
	const struct snt__link *all = &snt__sim_fd_file(fd)->registrations;
	int count = 0;

	for (struct snt__link *link = all->next; link != all; link = link->next)
		count++;
	return count;
}

/* How often this process's epolls have fd registered. */
static int registrations(int fd)
{
	char path[64], target[64], line[256];
	int found = 0, registered;
	const struct dirent *name;
	DIR *folder;

	if (simulated())
		return simulated_registrations(fd);
	folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while ((name = readdir(folder)) != NULL) {
		ssize_t size;
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/fd/%.8s", name->d_name);
		size = readlink(path, target, sizeof target - 1);
		if (size < 0)
			continue;
		target[size] = '\0';
		if (strstr(target, "eventpoll") == NULL)
			continue;
		snprintf(path, sizeof path, "/proc/self/fdinfo/%.8s",
			 name->d_name);
		file = fopen(path, "re");
		assert_non_null(file);
		while (fgets(line, sizeof line, file) != NULL)
			if (sscanf(line, "tfd: %d", &registered) == 1)
				found += registered == fd;
		fclose(file);
	}
	closedir(folder);
	return found;
}

static void make_pipe(int ends[2])
{
	raw_pipe(ends);
}

static void close_both(const int ends[2])
{
	raw_close(ends[0]);
	raw_close(ends[1]);
}

static void write_byte(int fd)
{
	raw_write(fd, "x", 1);
}

static void read_byte(int fd)
{
	char byte;

	assert_int_equal(raw_read(fd, &byte, 1), 1);
}

struct waiter {
	int fd;
	unsigned events;
	int result;
};

static int wait_in_fiber(void *arg)
{
	struct waiter *waiter = arg;

	waiter->result = snt_fd_wait(waiter->fd, waiter->events);
	return 0;
}

static void a_pipe_is_waited_for_until_something_is_written(void)
{
	struct snt_group *group = group_open();
	struct waiter waiter = { .events = SNT_READABLE, .result = 1234567 };
	int ends[2];

	make_pipe(ends);
	waiter.fd = ends[0];
	spawn(group, wait_in_fiber, &waiter);
	let_them_wait();
	assert_int_equal(waiter.result, 1234567);
	write_byte(ends[1]);
	OK(snt_group_wait(group));
	assert_int_equal(waiter.result, SNT_READABLE);
	OK(snt_group_end(group));
	close_both(ends);
}

static void a_lone_thread_waits_too(void)
{
	pid_t child = fork();
	int fd;

	assert_true(child >= 0);
	if (child == 0) {
		usleep(1000);
		_exit(0);
	}
	fd = (int)syscall(SYS_pidfd_open, child, 0);
	assert_true(fd >= 0);
	assert_int_equal(OK(snt_fd_wait(fd, SNT_READABLE)), SNT_READABLE);
	assert_int_equal(waitpid(child, NULL, WNOHANG), child);
	close(fd);
}

static void an_eventfd_is_waited_for_in_both_directions(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(OK(snt_fd_wait(fd, SNT_READABLE | SNT_WRITABLE)),
			 SNT_WRITABLE);
	assert_int_equal(eventfd_write(fd, 1), 0);
	assert_int_equal(OK(snt_fd_wait(fd, SNT_READABLE | SNT_WRITABLE)),
			 SNT_READABLE | SNT_WRITABLE);
	assert_int_equal(OK(snt_fd_wait(fd, SNT_READABLE)), SNT_READABLE);
	close(fd);
}

/* A level: what was not read is told of again. */
static void what_was_left_unread_is_ready_each_time(void)
{
	int ends[2];

	make_pipe(ends);
	write_byte(ends[1]);
	write_byte(ends[1]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(OK(snt_fd_wait(ends[0], SNT_READABLE)),
				 SNT_READABLE);
	read_byte(ends[0]);
	OK(snt_fd_wait(ends[0], SNT_READABLE));
	read_byte(ends[0]);
	{
		snt_timeout_scope(limit, MILLISECONDS(5));

		FAILS(snt_fd_wait(ends[0], SNT_READABLE), -ETIMEDOUT);
	}
	close_both(ends);
}

static void a_hung_up_pipe_is_ready(void)
{
	int ends[2];

	make_pipe(ends);
	raw_close(ends[1]);
	assert_int_equal(OK(snt_fd_wait(ends[0], SNT_READABLE)), SNT_READABLE);
	raw_close(ends[0]);
	make_pipe(ends);
	raw_close(ends[0]);
	assert_int_equal(OK(snt_fd_wait(ends[1], SNT_WRITABLE)), SNT_WRITABLE);
	raw_close(ends[1]);
}

/* epoll cannot poll it at all. */
static void a_file_is_always_ready(void)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	for (int i = 0; i < 2; i++)
		assert_int_equal(OK(snt_fd_wait(fileno(file),
						SNT_READABLE | SNT_WRITABLE)),
				 SNT_READABLE | SNT_WRITABLE);
	fclose(file);
}

static void the_descriptors_flags_stay_as_they_are(void)
{
	int ends[2];

	make_pipe(ends);
	assert_true(raw_is_blocking(ends[0]));
	{
		snt_timeout_scope(limit, MILLISECONDS(2));

		FAILS(snt_fd_wait(ends[0], SNT_READABLE), -ETIMEDOUT);
	}
	write_byte(ends[1]);
	OK(snt_fd_wait(ends[0], SNT_READABLE));
	assert_true(raw_is_blocking(ends[0]));
	close_both(ends);
}

static void nothing_stays_registered_however_the_wait_ends(void)
{
	bool registers = strcmp(snt_backend(), "epoll") == 0 || simulated();
	struct snt_group *group = group_open();
	struct waiter waiter = { .events = SNT_READABLE };
	int ends[2];

	make_pipe(ends);
	waiter.fd = ends[0];
	for (int cancelled = 0; cancelled < 2; cancelled++) {
		spawn(group, wait_in_fiber, &waiter);
		let_them_wait();
		assert_int_equal(registrations(ends[0]), registers);
		if (cancelled)
			snt_group_cancel(group);
		else
			write_byte(ends[1]);
		OK(snt_group_wait(group));
		assert_int_equal(waiter.result,
				 cancelled ? -ECANCELED : (int)SNT_READABLE);
		assert_int_equal(registrations(ends[0]), 0);
		if (!cancelled)
			read_byte(ends[0]);
	}
	OK(snt_group_end(group));
	close_both(ends);
}

/* Closed right after, its number soon is another file's. */
static void the_owner_may_close_it_right_after(void)
{
	struct snt_group *group = group_open();

	for (int i = 0; i < 5; i++) {
		struct waiter waiter = { .events = SNT_READABLE };
		int ends[2];

		make_pipe(ends);
		waiter.fd = ends[0];
		spawn(group, wait_in_fiber, &waiter);
		let_them_wait();
		write_byte(ends[1]);
		OK(snt_group_wait(group));
		assert_int_equal(waiter.result, SNT_READABLE);
		close_both(ends);
	}
	OK(snt_group_end(group));
}

static void two_fibers_may_wait_for_the_same(void)
{
	static const unsigned events[][2] = {
		{ SNT_READABLE, SNT_READABLE },
		{ SNT_READABLE, SNT_READABLE | SNT_WRITABLE },
	};

	for (size_t i = 0; i < COUNT(events); i++) {
		struct snt_group *group = group_open();
		struct waiter waiters[3];
		struct snt_socket *full;
		int peer = raw_peer("127.0.0.1:0", &full);
		int fd = snt_detach(full);

		OK(snt_fromfd(&full, fd));
		fill(full);
		for (size_t n = 0; n < COUNT(waiters); n++) {
			waiters[n] = (struct waiter){ fd, events[i][n != 0],
						      1234567 };
			spawn(group, wait_in_fiber, &waiters[n]);
		}
		let_them_wait();
		for (size_t n = 0; n < COUNT(waiters); n++)
			assert_int_equal(waiters[n].result, 1234567);
		raw_write(peer, "x", 1);
		OK(snt_group_wait(group));
		for (size_t n = 0; n < COUNT(waiters); n++)
			assert_int_equal(waiters[n].result, SNT_READABLE);
		assert_int_equal(registrations(fd), 0);
		OK(snt_group_end(group));
		snt_close(full);
		raw_close(fd);
		raw_close(peer);
	}
}

static int read_handle(void *arg)
{
	char byte;

	assert_int_equal(OK(snt_recv(arg, &byte, 1)), 1);
	return 0;
}

/* fromfd's handle is a duplicate; a socket's own descriptor is not. */
static void a_handle_on_the_same_file_waits_undisturbed(void)
{
	for (int own = 0; own < 2; own++) {
		struct snt_group *group = group_open();
		struct waiter waiter = { .events = SNT_READABLE };
		struct snt_socket *handle;
		int ends[2];

		make_pipe(ends);
		OK(snt_fromfd(&handle, ends[0]));
		spawn(group, read_handle, handle);
		let_them_wait();
		waiter.fd = own ? snt_fileno(handle) : ends[0];
		spawn(group, wait_in_fiber, &waiter);
		let_them_wait();
		for (int i = 0; i < 2; i++)
			write_byte(ends[1]);
		OK(snt_group_wait(group));
		assert_int_equal(waiter.result, SNT_READABLE);
		read_byte(ends[0]);
		/* Its registration is still there. */
		spawn(group, read_handle, handle);
		let_them_wait();
		write_byte(ends[1]);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(handle);
		close_both(ends);
	}
}

static void without_a_descriptor_for_a_duplicate_the_second_is_told(void)
{
	bool epoll = strcmp(snt_backend(), "epoll") == 0;
	struct snt_group *group = group_open();
	struct waiter first = { .events = SNT_READABLE };
	int ends[2], limit;

	make_pipe(ends);
	first.fd = ends[0];
	spawn(group, wait_in_fiber, &first);
	let_them_wait();
	limit = limit_descriptors(3);
	{
		snt_timeout_scope(scope, MILLISECONDS(5));

		FAILS(snt_fd_wait(ends[0], SNT_READABLE),
		      epoll ? -EMFILE : -ETIMEDOUT);
	}
	limit_descriptors(limit);
	write_byte(ends[1]);
	OK(snt_group_wait(group));
	assert_int_equal(first.result, SNT_READABLE);
	OK(snt_group_end(group));
	close_both(ends);
}

static void what_is_no_descriptor_is_refused(void)
{
	int ends[2];

	make_pipe(ends);
	close_both(ends);
	FAILS(snt_fd_wait(ends[0], SNT_READABLE), -EBADF);
	TELLS("it is not open");
	FAILS(snt_fd_wait(-1, SNT_READABLE), -EBADF);
	TELLS("wait for descriptor -1");
}

static void what_is_no_direction_is_refused(void)
{
	FAILS(snt_fd_wait(0, 0), -EINVAL);
	TELLS("neither readable nor writable");
	FAILS(snt_fd_wait(0, SNT_READABLE | 4), -EINVAL);
	TELLS("events 0x5");
}

static int wait_for_ever(void *arg)
{
	int code;

	do
		code = snt_fd_wait(*(const int *)arg, SNT_WRITABLE);
	while (code > 0);
	return code;
}

static void a_ready_descriptor_lets_others_run(void)
{
	struct snt_group *group = group_open();
	int ends[2];

	make_pipe(ends);
	spawn(group, wait_for_ever, &ends[1]);
	OK(snt_sleep(MILLISECONDS(1)));
	OK(snt_group_end(group));
	close_both(ends);
}

static const struct test_case cases[] = {
	TEST(a_pipe_is_waited_for_until_something_is_written),
	/* A process, an eventfd and a file, which are the kernel's. */
	TEST_KERNEL(a_lone_thread_waits_too),
	TEST_KERNEL(an_eventfd_is_waited_for_in_both_directions),
	TEST(what_was_left_unread_is_ready_each_time),
	TEST(a_hung_up_pipe_is_ready),
	TEST_KERNEL(a_file_is_always_ready),
	TEST(the_descriptors_flags_stay_as_they_are),
	TEST(nothing_stays_registered_however_the_wait_ends),
	TEST(the_owner_may_close_it_right_after),
	TEST(two_fibers_may_wait_for_the_same),
	TEST(a_handle_on_the_same_file_waits_undisturbed),
	TEST(without_a_descriptor_for_a_duplicate_the_second_is_told),
	TEST(what_is_no_descriptor_is_refused),
	TEST(what_is_no_direction_is_refused),
	TEST(a_ready_descriptor_lets_others_run),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
