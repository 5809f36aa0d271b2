/* SPDX-License-Identifier: MIT */
/*
 * Sockets whose errors are a queue (IP_RECVERR), and peers that send urgent
 * data: they wait without spinning, and lose nothing. That nothing spins is
 * told by the processor's time, which idle waiting does not use.
 */
#include "../threads.h"
#include "net.h"

#include <netinet/tcp.h>
#include <sennit/message.h>
#include <sennit/options.h>
#include <time.h>

/* Of this process. */
static int64_t cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * SNT_SECOND + time.tv_nsec;
}

/* Waits for nothing, without using the processor for more than a part. */
static void assert_idle_wait(struct snt_socket *socket)
{
	int64_t before = cpu_time();
	char byte;

	snt_settimeout(socket, MILLISECONDS(100));
	FAILS(snt_recv(socket, &byte, 1), -ETIMEDOUT);
	snt_settimeout(socket, 0);
	if (cpu_time() - before > MILLISECONDS(50))
		fail_msg("it spins");
}

static const struct {
	const char *text;
	int family, level, option;
} kinds[] = {
	{ "127.0.0.1:0", AF_INET, IPPROTO_IP, IP_RECVERR },
	{ "[::1]:0", AF_INET6, IPPROTO_IPV6, IPV6_RECVERR },
};

/* A socket that has been refused, and has been told; the queue tells again. */
static struct snt_socket *refused(size_t kind, struct snt_addr *peer)
{
	struct snt_addr here = parsed(kinds[kind].text);
	struct snt_socket *socket;
	const int on = 1;
	int fd = raw_socket(kinds[kind].family, SOCK_DGRAM);
	char byte;

	assert_int_equal(raw_bind(fd, &here), 0);
	*peer = raw_name(fd);
	raw_close(fd);
	OK(snt_socket(&socket, kinds[kind].family, SOCK_DGRAM, 0));
	OK(snt_bind(socket, &here));
	OK(snt_setsockopt(socket, kinds[kind].level, kinds[kind].option, &on,
			  sizeof on));
	OK(snt_connect(socket, peer));
	OK(snt_send(socket, "x", 1));
	FAILS(snt_recv(socket, &byte, 1), -ECONNREFUSED);
	return socket;
}

static void an_error_queue_nobody_reads_does_not_make_waiting_spin(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct snt_addr peer;
		struct snt_socket *socket = refused(i, &peer);

		for (int round = 0; round < 3; round++)
			assert_idle_wait(socket);
		snt_close(socket);
	}
}

static int answer(void *arg)
{
	const struct snt_addr *to = arg;
	int fd = raw_socket(to[0].sa.any.sa_family, SOCK_DGRAM);

	OK(snt_sleep(MILLISECONDS(1)));
	assert_int_equal(raw_bind(fd, &to[1]), 0);
	assert_int_equal(raw_sendto(fd, "data", 4, &to[0]), 4);
	raw_close(fd);
	return 0;
}

/* Neither data nor a further error. */
static void with_errors_queued_nothing_that_comes_is_missed(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		for (int fibers = 0; fibers < 2; fibers++) {
			struct snt_group *group = fibers ? group_open() : NULL;
			struct snt_addr addrs[2];
			struct snt_socket *socket = refused(i, &addrs[1]);
			char bytes[8];

			addrs[0] = name_of(socket);
			for (int round = 0; round < 3; round++) {
				assert_idle_wait(socket);
				OK(snt_send(socket, "x", 1));
				FAILS(snt_recv(socket, bytes, 8),
				      -ECONNREFUSED);
				if (!fibers)
					continue;
				spawn(group, answer, addrs);
				assert_int_equal(OK(snt_recv(socket, bytes, 8)),
						 4);
			}
			if (fibers)
				OK(snt_group_end(group));
			snt_close(socket);
		}
}

static void the_queue_is_read_by_recvmsg(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char bytes[8], control[256] __attribute__((aligned(8)));
		const struct iovec all = { bytes, 8 };
		struct snt_message message = { &all, 1, .control = control,
					       .control_size = sizeof control,
					       .flags = MSG_ERRQUEUE };
		const struct cmsghdr *item = (const void *)control;
		uint32_t error; /* how struct sock_extended_err begins */
		struct snt_addr peer;
		struct snt_socket *socket = refused(i, &peer);

		/* What was sent, and what became of it. */
		assert_int_equal(OK(snt_recvmsg(socket, &message)), 1);
		assert_int_equal(message.told, MSG_ERRQUEUE);
		assert_int_equal(item->cmsg_level, kinds[i].level);
		memcpy(&error, CMSG_DATA(item), sizeof error);
		assert_int_equal(error, ECONNREFUSED);
		FAILS(snt_recvmsg(socket, &message), -EAGAIN);
		assert_idle_wait(socket);
		snt_close(socket);
	}
}

static void many_waiting_handles_with_errors_do_not_spin(void)
{
	enum {
		MANY = 20
	};
	struct snt_socket *sockets[MANY];
	struct snt_addr peer;

	for (size_t i = 0; i < MANY; i++) {
		char byte;

		sockets[i] = refused(i % 2, &peer);
		snt_settimeout(sockets[i], MILLISECONDS(2));
		FAILS(snt_recv(sockets[i], &byte, 1), -ETIMEDOUT);
	}
	/* Closed in the midst of the others. */
	for (size_t i = 0; i < MANY; i += 2)
		snt_close(sockets[i]);
	assert_idle_wait(sockets[1]);
	for (size_t i = 1; i < MANY; i += 2)
		snt_close(sockets[i]);
}

static void urgent_data_alone_neither_ends_a_wait_nor_spins(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *socket;
		int fd = raw_peer(text, &socket);
		char bytes[8];

		assert_int_equal(raw_send(fd, "!", 1, MSG_OOB), 1);
		for (int round = 0; round < 2; round++)
			assert_idle_wait(socket);
		raw_write(fd, "abc", 3);
		assert_int_equal(OK(snt_recv(socket, bytes, 8)), 3);
		assert_memory_equal(bytes, "abc", 3);
		raw_close(fd);
		assert_int_equal(OK(snt_recv(socket, bytes, 8)), 0);
		snt_close(socket);
	}
}

static int be_urgent(void *arg)
{
	const int fd = *(const int *)arg;

	for (int i = 0; i < 50; i++) {
		raw_write(fd, "ab", 2);
		assert_int_equal(raw_send(fd, "!", 1, MSG_OOB), 1);
		raw_write(fd, "cd", 2);
		if (i % 5 == 0)
			OK(snt_sleep(MILLISECONDS(1)));
	}
	raw_shutdown(fd, SHUT_WR);
	return 0;
}

/* In-band bytes come in their order, all of them; of urgent ones, that the
 * kernel puts among the rest when the next one comes, none comes twice. */
static void bytes_around_urgent_data_are_not_lost(void)
{
	EACH_STREAM(text)
	for (int in_line = 0; in_line < 2; in_line++) {
		struct snt_group *group = group_open();
		char bytes[400];
		size_t count = 0, urgent = 0, place = 0;
		struct snt_socket *socket;
		int fd = raw_peer(text, &socket);
		ptrdiff_t n;

		OK(snt_setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, &in_line,
				  sizeof in_line));
		spawn(group, be_urgent, &fd);
		while ((n = OK(snt_recv(socket, bytes + count,
					sizeof bytes - count))) > 0)
			count += (size_t)n;
		for (size_t i = 0; i < count; i++) {
			if (bytes[i] == '!')
				urgent++;
			else
				assert_int_equal(bytes[i], "abcd"[place++ % 4]);
		}
		assert_int_equal(place, 200);
		assert_true(in_line ? urgent == 50 : urgent < 50);
		OK(snt_group_end(group));
		raw_close(fd);
		snt_close(socket);
	}
}

struct legacy {
	struct snt_socket *socket;
	struct snt_addr peer;
	bool moves; /* to the backend for many fibers, and lets go */
};

static int leave_behind(void *arg)
{
	struct legacy *legacy = arg;

	legacy->socket = refused(0, &legacy->peer);
	for (int round = 0; round < 3; round++)
		assert_idle_wait(legacy->socket);
	if (legacy->moves) {
		struct snt_group *group = group_open();

		OK(snt_group_end(group));
		OK(snt_release(legacy->socket));
	}
	return 0;
}

/* Whether its thread let go of it or ended. */
static void with_errors_queued_a_socket_hears_on_its_next_thread(void)
{
	for (int moves = 0; moves < 2; moves++) {
		struct legacy legacy = { .moves = moves };
		struct snt_addr here;
		struct part part;
		char bytes[8];
		int fd;

		part_start(&part, LONE, leave_behind, &legacy);
		OK(part_join(&part));
		here = name_of(legacy.socket);
		fd = raw_socket(legacy.peer.sa.any.sa_family, SOCK_DGRAM);
		assert_int_equal(raw_bind(fd, &legacy.peer), 0);
		assert_int_equal(raw_sendto(fd, "data", 4, &here), 4);
		assert_int_equal(OK(snt_recv(legacy.socket, bytes, 8)), 4);
		assert_idle_wait(legacy.socket);
		raw_close(fd);
		snt_close(legacy.socket);
	}
}

static const struct test_case cases[] = {
	TEST(an_error_queue_nobody_reads_does_not_make_waiting_spin),
	TEST(with_errors_queued_nothing_that_comes_is_missed),
	TEST(the_queue_is_read_by_recvmsg),
	TEST(many_waiting_handles_with_errors_do_not_spin),
	TEST(with_errors_queued_a_socket_hears_on_its_next_thread),
	/* Simulated TCP has no urgent data. */
	TEST_KERNEL(urgent_data_alone_neither_ends_a_wait_nor_spins),
	TEST_KERNEL(bytes_around_urgent_data_are_not_lost),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
