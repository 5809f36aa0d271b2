/* SPDX-License-Identifier: MIT */
/* A real system call filter, as containers have it, forbids the ring, or the
 * wait that is exact: the same program goes on, over epoll. */
#include "../runner.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sennit.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define OK(call) assert_true((call) >= 0)

/* From now on that call answers with the error, in this process. */
static void forbid(uint32_t number, uint32_t error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, filter };

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			 0);
}

static int answer(void *arg)
{
	char byte;

	while (snt_recv(arg, &byte, 1) == 1)
		SNT_TRY(snt_sendall(arg, &byte, 1));
	return 0;
}

static void talk(void)
{
	struct snt_socket *a, *b;
	struct snt_group *group;
	char byte = 'x';

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_group_open(&group, NULL));
	OK(snt_spawn(group, answer, b, NULL));
	for (int i = 0; i < 10; i++) {
		OK(snt_sendall(a, &byte, 1));
		OK(snt_recv_exact(a, &byte, 1));
	}
	assert_string_equal(snt_backend(), "epoll");
	snt_close(a);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(b);
}

static void talk_over_epoll(const char *asked)
{
	setenv("SENNIT_IO", asked, 1);
	talk();
	assert_false(snt_has_backend("uring"));
	assert_true(snt_has_backend("epoll"));
}

static void auto_is_epoll_where_a_filter_forbids_rings(void)
{
	forbid(SYS_io_uring_setup, EPERM);
	talk_over_epoll("auto");
}

static void uring_is_epoll_where_a_filter_knows_no_rings(void)
{
	forbid(SYS_io_uring_setup, ENOSYS);
	talk_over_epoll("uring");
}

static void a_filter_that_lets_a_ring_be_made_but_not_entered_is_seen(void)
{
	forbid(SYS_io_uring_enter, EPERM);
	talk_over_epoll("uring");
}

/* The talk happens in waits that have an end. */
static void talk_with_a_limit(void)
{
	int64_t begin = snt_now();

	setenv("SENNIT_IO", "epoll", 1);
	OK(snt_sleep(SNT_MILLISECOND / 2));
	assert_true(snt_now() >= begin + SNT_MILLISECOND / 2);
	snt_timeout_scope(limit, 20 * SNT_SECOND);
	talk();
}

static void epoll_has_limits_where_the_kernel_knows_no_exact_wait(void)
{
	forbid(SYS_epoll_pwait2, ENOSYS);
	talk_with_a_limit();
}

static void epoll_has_limits_where_a_filter_forbids_the_exact_wait(void)
{
	forbid(SYS_epoll_pwait2, EPERM);
	talk_with_a_limit();
}

static const struct test_case cases[] = {
	TEST(auto_is_epoll_where_a_filter_forbids_rings),
	TEST(uring_is_epoll_where_a_filter_knows_no_rings),
	TEST(a_filter_that_lets_a_ring_be_made_but_not_entered_is_seen),
	TEST(epoll_has_limits_where_the_kernel_knows_no_exact_wait),
	TEST(epoll_has_limits_where_a_filter_forbids_the_exact_wait),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
