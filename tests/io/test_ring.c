/* SPDX-License-Identifier: MIT */
/* A ring that the kernel refuses, at all or just now, or that fails later. */
#include "rings.h"

#include <pthread.h>

/* Epoll, opened by asking for a ring, works. */
static void use_epoll_instead(void)
{
	struct snt__handle handle;
	int fds[2];

	open_as("epoll");
	armed_pair(&handle, fds);
	put(fds[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	close_pair(&handle, fds);
	close_poller();
}

static void use_ring(void)
{
	struct snt__handle handle;
	int fds[2];

	open_as("uring");
	settled_pair(&handle, fds);
	for (int i = 0; i < 3; i++) {
		put(fds[1], "x");
		assert_int_equal(look(&handle) & ALL, SNT__READ);
	}
	close_pair(&handle, fds);
	close_poller();
}

static void assert_refusal_is_remembered(void)
{
	int setups;

	use_epoll_instead();
	setups = kernel.setups;
	use_epoll_instead();
	assert_int_equal(kernel.setups, setups);
	assert_false(snt_has_backend("uring"));
	setenv("SENNIT_IO", "uring", 1);
	assert_string_equal(snt_backend(), "epoll");
}

static void where_a_sysctl_forbids_rings_epoll_is_opened(void)
{
	kernel.setup_code = -EPERM;
	assert_refusal_is_remembered();
}

static void where_the_kernel_knows_no_rings_epoll_is_opened(void)
{
	kernel.setup_code = -ENOSYS;
	assert_refusal_is_remembered();
}

static void where_the_kernel_is_too_old_epoll_is_opened(void)
{
	kernel.refused_flags = SNT__RING_SETUP_DEFER_TASKRUN;
	assert_refusal_is_remembered();
}

/* A filter that lets io_uring_setup pass. */
static void where_a_ring_can_be_made_but_not_entered_epoll_is_opened(void)
{
	kernel.enter_code = -EPERM;
	kernel.enter_fails = 1000;
	assert_refusal_is_remembered();
}

/* Nothing ever completes: found out by the poll that is tried. */
static void where_polls_do_not_complete_epoll_is_opened(void)
{
	kernel.enter_late = 1000;
	assert_refusal_is_remembered();
}

static void a_shortage_is_not_remembered(void)
{
	const int codes[] = { -EMFILE, -ENFILE, -ENOMEM };

	for (size_t i = 0; i < 3; i++) {
		kernel.setup_code = codes[i];
		use_epoll_instead();
	}
	kernel.setup_code = 0;
	kernel.map_code = -ENOMEM;
	use_epoll_instead();
	kernel.map_code = -EAGAIN;
	use_epoll_instead();
	kernel.map_code = 0;
	kernel.enter_code = -ENOMEM;
	kernel.enter_fails = 1;
	use_epoll_instead();
	use_ring();
}

static void a_kernel_with_an_index_array_is_served(void)
{
	kernel.refused_flags = SNT__RING_SETUP_NO_SQARRAY;
	use_ring();
}

static void a_ring_that_cannot_be_registered_is_used_by_its_descriptor(void)
{
	kernel.control_code = -EINVAL;
	use_ring();
}

/* More threads could not be served if each closed ring kept its number. */
static void a_closed_ring_gives_its_registration_back(void)
{
	for (int i = 0; i < 40; i++) {
		struct snt__ring ring;

		assert_int_equal(snt__ring_open(&ring, 4), 0);
		assert_true(ring.enter_flags & SNT__RING_ENTER_REGISTERED);
		snt__ring_close(&ring);
	}
}

static const int failures[] = { -EAGAIN, -EBUSY, -EINTR, -ENOMEM, -ETIME };

static void what_the_kernel_did_not_take_goes_in_later(void)
{
	open_as("uring");
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		struct snt__handle handle;
		int fds[2];

		tcp_pair(fds);
		put(fds[1], "x");
		snt__handle_init(&handle, fds[0]);
		arm(&handle, SNT__READ);
		kernel.enter_code = failures[i];
		kernel.enter_fails = 3;
		/* Told, so that nobody spins on it. */
		assert_true(poller.ops->wait(&poller, SNT_FOREVER, fire) < 0);
		kernel.enter_fails = 0;
		assert_int_equal(look(&handle) & ALL, SNT__READ);
		close_pair(&handle, fds);
	}
	close_poller();
}

static void a_kernel_that_takes_nothing_more_does_not_make_deaf(void)
{
	struct snt__handle old, young;
	int old_fds[2], young_fds[2];

	open_as("uring");
	armed_pair(&old, old_fds);
	tcp_pair(young_fds);
	snt__handle_init(&young, young_fds[0]);
	arm(&young, SNT__READ);
	kernel.enter_code = -EAGAIN;
	kernel.enter_fails = 1000;
	kernel.only_submits = true;
	put(old_fds[1], "x");
	assert_int_equal(look(&old) & ALL, SNT__READ);
	/* And says so, so that nobody spins on it. */
	assert_int_equal(poller.ops->wait(&poller, SNT_FOREVER, fire), -EAGAIN);
	kernel.enter_fails = 0;
	close_pair(&old, old_fds);
	close_pair(&young, young_fds);
	close_poller();
}

static void a_kernel_that_takes_one_at_a_time_takes_all_in_the_end(void)
{
	struct snt__handle handles[5];
	int fds[5][2];

	open_as("uring");
	for (int i = 0; i < 5; i++) {
		tcp_pair(fds[i]);
		put(fds[i][1], "x");
		snt__handle_init(&handles[i], fds[i][0]);
		arm(&handles[i], SNT__READ);
	}
	kernel.takes_one = true;
	forget_told();
	while (told_count < 5)
		poller.ops->wait(&poller, 0, fire);
	assert_int_equal(told_handles, 5);
	for (int i = 0; i < 5; i++)
		close_pair(&handles[i], fds[i]);
	close_poller();
}

static void a_dead_ring_is_told_and_not_waited_for(void)
{
	struct snt__handle handle;
	int fds[2];

	open_as("uring");
	armed_pair(&handle, fds);
	kernel.enter_code = -EBADF;
	kernel.enter_fails = 1000;
	assert_int_equal(poller.ops->wait(&poller, SNT_FOREVER, fire), -EBADF);
	forget(&handle); /* comes back, too */
	assert_true(kernel.enter_fails > 900);
	kernel.enter_fails = 0;
	close(fds[0]);
	close(fds[1]);
	close_poller();
}

/* Not -EAGAIN, which would have the caller try again and again. */
static void a_full_queue_that_the_kernel_does_not_take_is_a_shortage(void)
{
	struct snt__handle handles[1000];
	int fds[2], code = 0, i;

	open_as("uring");
	tcp_pair(fds);
	kernel.enter_code = -EAGAIN;
	kernel.enter_fails = INT32_MAX;
	for (i = 0; i < 1000 && code == 0; i++) {
		snt__handle_init(&handles[i], fds[0]);
		code = poller.ops->arm(&poller, &handles[i], SNT__READ);
	}
	assert_int_equal(code, -ENOMEM);
	kernel.enter_fails = 0;
	while (i-- > 0)
		forget(&handles[i]);
	close(fds[0]);
	close(fds[1]);
	close_poller();
}

static void *enter_elsewhere(void *arg)
{
	struct snt__ring *ring = arg;

	assert_int_equal(snt__ring_look(ring),
			 ring->enter_fd == ring->fd ? -EEXIST : -EINVAL);
	return NULL;
}

/* So what is done by mistake is told, and does no harm. */
static void no_other_thread_may_enter(void)
{
	struct snt__ring ring;
	pthread_t thread;

	kernel.control_code = -EINVAL;
	snt__ring_calls = &test_calls;
	assert_int_equal(snt__ring_open(&ring, 4), 0);
	assert_int_equal(pthread_create(&thread, NULL, enter_elsewhere, &ring),
			 0);
	pthread_join(thread, NULL);
	assert_int_equal(snt__ring_look(&ring), 0);
	snt__ring_close(&ring);
}

/* The child closes what it inherited; the parent's polls stay armed. */
static void a_forked_child_may_close_but_not_enter(void)
{
	struct snt__handle handle;
	struct snt__ring ring;
	int fds[2], status;
	pid_t pid;

	kernel.control_code = -EINVAL;
	open_as("uring");
	armed_pair(&handle, fds);
	assert_int_equal(snt__ring_open(&ring, 4), 0);
	pid = fork();
	if (pid == 0) {
		int code = snt__ring_look(&ring);

		snt__ring_close(&ring);
		close_poller();
		_exit(code == -EEXIST ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(snt__ring_look(&ring), 0);
	snt__ring_close(&ring);
	put(fds[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	close_pair(&handle, fds);
	close_poller();
}

/* These need no ring, only a kernel that refuses one in every way. */
static const struct test_case refusals[] = {
	TEST(where_a_sysctl_forbids_rings_epoll_is_opened),
	TEST(where_the_kernel_knows_no_rings_epoll_is_opened),
	TEST(where_the_kernel_is_too_old_epoll_is_opened),
};

static const struct test_case cases[] = {
	TEST(where_a_sysctl_forbids_rings_epoll_is_opened),
	TEST(where_the_kernel_knows_no_rings_epoll_is_opened),
	TEST(where_the_kernel_is_too_old_epoll_is_opened),
	TEST(where_a_ring_can_be_made_but_not_entered_epoll_is_opened),
	TEST(where_polls_do_not_complete_epoll_is_opened),
	TEST(a_shortage_is_not_remembered),
	TEST(a_kernel_with_an_index_array_is_served),
	TEST(a_ring_that_cannot_be_registered_is_used_by_its_descriptor),
	TEST(a_closed_ring_gives_its_registration_back),
	TEST(what_the_kernel_did_not_take_goes_in_later),
	TEST(a_kernel_that_takes_nothing_more_does_not_make_deaf),
	TEST(a_kernel_that_takes_one_at_a_time_takes_all_in_the_end),
	TEST(a_dead_ring_is_told_and_not_waited_for),
	TEST(a_full_queue_that_the_kernel_does_not_take_is_a_shortage),
	TEST(no_other_thread_may_enter),
	TEST(a_forked_child_may_close_but_not_enter),
};

int main(int argc, char **argv)
{
	return test_ring_works() ? RUN_TESTS_ONCE(cases)
				 : RUN_TESTS_ONCE(refusals);
}
