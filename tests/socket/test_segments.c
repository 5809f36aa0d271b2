/* SPDX-License-Identifier: MIT */
/* Runs of datagrams that go, and come, as one: nobody can tell. */
#include "datagrams.h"

#include <netinet/udp.h>
#include <sennit/message.h>
#include <sennit/options.h>

#define EACH 64
#define ROOMS 4
#define GOT (ROOMS * SNT_SEGMENTS_MAX)

static char batch_room[SNT_BATCH_SIZE(ROOMS, 65535)];
static struct snt_datagram got[GOT];

static unsigned char run_bytes[512 * EACH];

/* Bytes that follow each other, cut up. */
static size_t run_of(struct snt_datagram *datagrams, size_t bytes, size_t each,
		     struct snt_addr *addr)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof run_bytes; i++)
		run_bytes[i] = pattern(i);
	for (size_t at = 0; at < bytes; at += each)
		datagrams[count++] = (struct snt_datagram){
			.buffer = run_bytes + at,
			.size = bytes - at < each ? bytes - at : each,
			.addr = addr,
		};
	return count;
}

static void send_all(struct snt_socket *socket,
		     const struct snt_datagram *datagrams, size_t count)
{
	for (size_t done = 0; done < count;)
		done += (size_t)OK(
			snt_sendmany(socket, datagrams + done, count - done));
}

/* All of a run, each with the sender's address. Where nothing is merged, all
 * rooms are used. */
static void recv_run(struct snt_socket *socket, size_t bytes, size_t each,
		     const struct snt_addr *from)
{
	int merges = raw_get_int(snt_fileno(socket), IPPROTO_UDP, UDP_GRO);
	size_t count = merges ? GOT : 64, at = 0;

	while (at < bytes) {
		ptrdiff_t n = OK(snt_recvmany(socket, batch_room,
					      sizeof batch_room, got, count));

		for (ptrdiff_t i = 0; i < n; i++) {
			size_t size = bytes - at < each ? bytes - at : each;

			assert_int_equal(got[i].size, size);
			assert_int_equal(got[i].real_size, size);
			assert_pattern(got[i].buffer, size, at);
			assert_true(snt_addr_equal(got[i].addr, from));
			assert_null(got[i].control);
			at += size;
		}
	}
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_recvmany(socket, batch_room, sizeof batch_room, got, count),
	      -EAGAIN);
	snt_settimeout(socket, 0);
}

static void merged_or_not_the_same_datagrams_arrive(void)
{
	static const size_t sizes[][2] = { /* bytes in all, of each */
					   { 64 * 64, 64 }, { 64 * 64 + 1, 64 },
					   { 65 * 64, 64 }, { 200 * 64, 64 },
					   { 130, 1 },      { 8000, 1400 },
					   { 30000, 1400 }, { 7, 64 },
					   { 64, 64 },      { 65 * 64 - 1, 64 }
	};
	static struct snt_datagram datagrams[512];

	for (size_t i = 0; i < COUNT(sizes); i++)
		for (int merges = 0; merges < 2; merges++)
			for (size_t way = 0; way < 2; way++) {
				struct ends ends = ends_of(way);
				struct snt_addr from = name_of(ends.from);
				size_t count = run_of(datagrams, sizes[i][0],
						      sizes[i][1], &ends.addr);

				if (merges)
					OK(snt_set_control(
						ends.to, SNT_CONTROL_SEGMENT));
				send_all(ends.from, datagrams, count);
				recv_run(ends.to, sizes[i][0], sizes[i][1],
					 &from);
				ends_close(&ends);
			}
}

/* So that the test above is about something. */
static void a_run_does_come_as_one(void)
{
	struct snt_datagram datagrams[3];
	struct ends ends = ends_of(0);
	struct snt_control control;
	char bytes[1024];
	struct snt_datagram one = { .buffer = bytes,
				    .size = sizeof bytes,
				    .control = &control };

	run_of(datagrams, 150, 64, &ends.addr);
	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT));
	assert_int_equal(OK(snt_sendmany(ends.from, datagrams, 3)), 3);
	assert_int_equal(OK(snt_recv_datagram(ends.to, &one)), 150);
	assert_int_equal(control.has, SNT_CONTROL_SEGMENT);
	assert_int_equal(control.segment, 64);
	one.control = NULL;
	FAILS(snt_recv_datagram(ends.to, &one), -EINVAL);
	TELLS("SEGMENT");
	ends_close(&ends);
}

static void control_comes_with_each_that_was_merged(void)
{
	struct snt_datagram datagrams[3];
	struct ends ends = ends_of(0);
	struct snt_control sent = { .has = SNT_CONTROL_TTL, .ttl = 9 };
	size_t done = 0;

	run_of(datagrams, 150, 64, &ends.addr);
	for (size_t i = 0; i < 3; i++)
		datagrams[i].control = &sent;
	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT | SNT_CONTROL_TTL));
	send_all(ends.from, datagrams, 3);
	while (done < 3) {
		ptrdiff_t n = OK(snt_recvmany(ends.to, batch_room,
					      sizeof batch_room, got, GOT));

		for (ptrdiff_t i = 0; i < n; i++) {
			assert_int_equal(got[i].control->has, SNT_CONTROL_TTL);
			assert_int_equal(got[i].control->ttl, 9);
		}
		done += (size_t)n;
	}
	ends_close(&ends);
}

static void other_control_ends_a_run(void)
{
	struct snt_control sent[] = {
		{ .has = SNT_CONTROL_TTL, .ttl = 9 },
		{ .has = SNT_CONTROL_TTL, .ttl = 10 },
	};
	struct snt_datagram datagrams[2];
	struct ends ends = ends_of(0);
	size_t done = 0;

	run_of(datagrams, 128, 64, &ends.addr);
	for (size_t i = 0; i < 2; i++)
		datagrams[i].control = &sent[i];
	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT | SNT_CONTROL_TTL));
	send_all(ends.from, datagrams, 2);
	while (done < 2) {
		ptrdiff_t n = OK(snt_recvmany(ends.to, batch_room,
					      sizeof batch_room, got, GOT));

		for (ptrdiff_t i = 0; i < n; i++)
			assert_int_equal(got[i].control->ttl, sent[done++].ttl);
	}
	ends_close(&ends);
}

static void what_came_merged_goes_back_as_it_is(void)
{
	static struct snt_datagram datagrams[512];
	struct ends ends = ends_of(1);
	size_t count = run_of(datagrams, 100 * 64, 64, &ends.addr), done = 0;
	struct snt_addr to = name_of(ends.to);

	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT));
	OK(snt_set_control(ends.from, SNT_CONTROL_SEGMENT));
	send_all(ends.from, datagrams, count);
	while (done < count) {
		size_t n = (size_t)OK(snt_recvmany(
			ends.to, batch_room, sizeof batch_room, got, GOT));

		send_all(ends.to, got, n);
		done += n;
	}
	recv_run(ends.from, 100 * 64, 64, &to);
	ends_close(&ends);
}

static void empty_ones_and_other_addresses_end_a_run(void)
{
	struct ends ends = ends_of(0), others = ends_of(0);
	struct snt_datagram datagrams[] = {
		{ .buffer = run_bytes, .size = 8, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 8, .addr = &others.addr },
		{ .buffer = run_bytes, .size = 8, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 0, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 0, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 3, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 8, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 2, .addr = &ends.addr },
		{ .buffer = run_bytes, .size = 8, .addr = &ends.addr },
	};
	static const size_t sizes[] = { 8, 8, 0, 0, 3, 8, 2, 8 };
	size_t done = 0;

	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT));
	send_all(ends.from, datagrams, COUNT(datagrams));
	while (done < COUNT(sizes)) {
		ptrdiff_t n = OK(snt_recvmany(ends.to, batch_room,
					      sizeof batch_room, got, GOT));

		for (ptrdiff_t i = 0; i < n; i++)
			assert_int_equal(got[i].size, sizes[done++]);
	}
	assert_int_equal(OK(snt_recv(others.to, batch_room, 64)), 8);
	ends_close(&ends);
	ends_close(&others);
}

static void what_cannot_go_as_one_goes_one_by_one(void)
{
	static struct snt_datagram datagrams[512];
	struct ends ends = ends_of(0);
	struct snt_addr from = name_of(ends.from);
	const int on = 1;

	/* Then the kernel will not cut up what it sends. */
	OK(snt_setsockopt(ends.from, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on));
	for (int i = 0; i < 2; i++) {
		size_t count = run_of(datagrams, 100 * 64 + 7, 64, &ends.addr);

		send_all(ends.from, datagrams, count);
		recv_run(ends.to, 100 * 64 + 7, 64, &from);
	}
	ends_close(&ends);
}

/* A way whose device cannot cut anything up. */
static const struct snt__io *true_io;
static unsigned refusals;

static int refuse_runs(int fd, struct mmsghdr *messages, unsigned count,
		       int flags)
{
	unsigned good = 0;

	while (good < count && messages[good].msg_hdr.msg_controllen == 0)
		good++;
	if (good > 0)
		return true_io->sendmmsg(fd, messages, good, flags);
	refusals++;
	return -EIO;
}

static void a_way_that_cuts_nothing_up_is_remembered(void)
{
	static struct snt_datagram datagrams[512];
	struct ends ends = ends_of(1);
	struct snt_addr from = name_of(ends.from);
	struct snt__io refusing = *snt__io;

	true_io = snt__io;
	refusing.sendmmsg = refuse_runs;
	for (int i = 0; i < 3; i++) {
		size_t each = 64 - (size_t)i;
		size_t count = run_of(datagrams, 50 * 64, each, &ends.addr);

		snt__io = &refusing;
		send_all(ends.from, datagrams, count);
		snt__io = true_io;
		recv_run(ends.to, 50 * 64, each, &from);
	}
	assert_int_equal(refusals, 1);
	ends_close(&ends);
}

static void a_run_in_one_buffer_is_cut_up(void)
{
	for (size_t way = 0; way < 2; way++) {
		struct ends ends = ends_of(way);
		struct snt_addr from = name_of(ends.from);
		struct snt_control control = { .has = SNT_CONTROL_SEGMENT,
					       .segment = 100 };
		struct snt_datagram run = { .buffer = run_bytes,
					    .size = 1050,
					    .addr = &ends.addr,
					    .control = &control };
		struct snt_datagram unused[16];

		run_of(unused, 0, 1, NULL);
		assert_int_equal(OK(snt_send_datagram(ends.from, &run)), 1050);
		recv_run(ends.to, 1050, 100, &from);
		ends_close(&ends);
	}
}

static void a_run_of_too_many_is_refused(void)
{
	struct ends ends = ends_of(0);
	struct snt_control control = { .has = SNT_CONTROL_SEGMENT,
				       .segment = 1 };
	struct snt_datagram run = { .buffer = run_bytes,
				    .size = SNT_SEGMENTS_MAX + 1,
				    .addr = &ends.addr,
				    .control = &control };

	FAILS(snt_send_datagram(ends.from, &run), -EINVAL);
	ends_close(&ends);
}

static void merging_needs_room_for_the_longest(void)
{
	struct ends ends = ends_of(0);

	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT));
	FAILS(snt_recvmany(ends.to, batch_room, 65535, got, GOT), -EINVAL);
	TELLS("SNT_BATCH_SIZE(1, 65535)");
	FAILS(snt_recvmany(ends.to, batch_room, sizeof batch_room, got,
			   SNT_SEGMENTS_MAX - 1),
	      -EINVAL);
	OK(snt_sendto(ends.from, "x", 1, &ends.addr));
	assert_int_equal(
		OK(snt_recvmany(ends.to, batch_room, SNT_BATCH_SIZE(1, 65535),
				got, SNT_SEGMENTS_MAX)),
		1);
	ends_close(&ends);
}

static void a_second_handle_knows_of_merging_too(void)
{
	struct snt_datagram datagrams[3];
	struct ends ends = ends_of(0);
	struct snt_addr from = name_of(ends.from);
	struct snt_socket *second;

	OK(snt_set_control(ends.to, SNT_CONTROL_SEGMENT));
	OK(snt_dup(ends.to, &second));
	run_of(datagrams, 150, 64, &ends.addr);
	send_all(ends.from, datagrams, 3);
	recv_run(second, 150, 64, &from);
	FAILS(snt_recvmany(second, batch_room, 65535, got, GOT), -EINVAL);
	snt_close(second);
	ends_close(&ends);
}

static const struct test_case cases[] = {
	TEST(merged_or_not_the_same_datagrams_arrive),
	/* A simulated host never merges. */
	TEST_KERNEL(a_run_does_come_as_one),
	TEST(control_comes_with_each_that_was_merged),
	TEST(other_control_ends_a_run),
	TEST(what_came_merged_goes_back_as_it_is),
	TEST(empty_ones_and_other_addresses_end_a_run),
	TEST(what_cannot_go_as_one_goes_one_by_one),
	TEST(a_way_that_cuts_nothing_up_is_remembered),
	TEST(a_run_in_one_buffer_is_cut_up),
	TEST(a_run_of_too_many_is_refused),
	TEST(merging_needs_room_for_the_longest),
	TEST(a_second_handle_knows_of_merging_too),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
