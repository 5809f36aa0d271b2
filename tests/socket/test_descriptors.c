/* SPDX-License-Identifier: MIT */
/*
 * Descriptors between processes: they arrive, close-on-exec, or are closed.
 * That none is left behind, the runner sees after every case.
 */
#include "net.h"

#include <sennit/message.h>

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

#define EACH_TYPE(type)                                                        \
	for (const int *each_ = types, *type = each_;                          \
	     type < types + COUNT(types); type++)

static void pair_of(int type, struct snt_socket **a, struct snt_socket **b)
{
	OK(snt_socketpair(a, b, type));
}

static int own_fd(void)
{
	int fd = simulated() ? raw_socket(AF_INET, SOCK_DGRAM)
			     : open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void assert_open_and_close(int fd)
{
	assert_true(raw_is_close_on_exec(fd));
	assert_int_equal(raw_close(fd), 0);
}

static void send_many(struct snt_socket *socket, size_t count)
{
	int fds[SNT_FDS_MAX], fd = own_fd();

	for (size_t i = 0; i < count; i++)
		fds[i] = fd;
	assert_int_equal(OK(snt_send_fds(socket, "fd", 2, fds, count)), 2);
	raw_close(fd);
}

static void descriptors_arrive_close_on_exec(void)
{
	static const size_t counts[] = { 0, 1, 2, 3, 252, SNT_FDS_MAX };

	EACH_TYPE(type)
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct snt_socket *a, *b;
		int fds[SNT_FDS_MAX];
		size_t count = counts[i];
		char bytes[4];

		pair_of(*type, &a, &b);
		send_many(a, counts[i]);
		assert_int_equal(OK(snt_recv_fds(b, bytes, 4, fds, &count)), 2);
		assert_int_equal(count, counts[i]);
		for (size_t f = 0; f < count; f++)
			assert_open_and_close(fds[f]);
		snt_close(a);
		snt_close(b);
	}
}

static void what_arrives_is_the_same_file(void)
{
	struct snt_socket *a, *b;
	int ends[2], fd;
	size_t count = 1;
	char byte;

	pair_of(SOCK_STREAM, &a, &b);
	raw_pipe(ends);
	OK(snt_send_fds(a, "x", 1, &ends[1], 1));
	raw_close(ends[1]);
	assert_int_equal(OK(snt_recv_fds(b, &byte, 1, &fd, &count)), 1);
	raw_write(fd, "y", 1);
	assert_int_equal(raw_read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	raw_close(fd);
	raw_close(ends[0]);
	snt_close(a);
	snt_close(b);
}

static void more_than_asked_for_are_all_closed(void)
{
	static const size_t sent[] = { 1, 2, 3, 4, 100, SNT_FDS_MAX };

	EACH_TYPE(type)
	for (size_t i = 0; i < COUNT(sent); i++)
		for (size_t room = 0; room < sent[i] && room < 5; room++) {
			struct snt_socket *a, *b;
			int fds[5] = { -7, -7, -7, -7, -7 };
			size_t count = room;
			char bytes[4];

			pair_of(*type, &a, &b);
			send_many(a, sent[i]);
			FAILS(snt_recv_fds(b, bytes, 4, fds, &count),
			      -SNT_ELIMIT);
			TELLS("were closed");
			assert_int_equal(snt_done(), 2);
			assert_memory_equal(bytes, "fd", 2);
			assert_int_equal(count, room);
			assert_int_equal(fds[0], -7);
			/* What follows still arrives. */
			OK(snt_send(a, "more", 4));
			assert_int_equal(OK(snt_recv(b, bytes, 4)), 4);
			snt_close(a);
			snt_close(b);
		}
}

static void a_datagram_cut_short_has_its_descriptors_closed(void)
{
	for (size_t i = 1; i < COUNT(types); i++) {
		struct snt_socket *a, *b;
		int fds[2];
		size_t count = 2;
		char byte;

		pair_of(types[i], &a, &b);
		send_many(a, 2);
		FAILS(snt_recv_fds(b, &byte, 1, fds, &count), -EMSGSIZE);
		assert_int_equal(snt_done(), 1);
		snt_close(a);
		snt_close(b);
	}
}

static void without_room_in_the_process_all_are_closed(void)
{
	EACH_TYPE(type)
	{
		struct snt_socket *a, *b;
		int fds[8], next, before;
		size_t count = 8;
		char bytes[4];

		pair_of(*type, &a, &b);
		send_many(a, 8);
		next = own_fd();
		before = limit_descriptors(next + 4);
		FAILS(snt_recv_fds(b, bytes, 4, fds, &count), -EMFILE);
		assert_int_equal(snt_done(), 2);
		limit_descriptors(before);
		raw_close(next);
		snt_close(a);
		snt_close(b);
	}
}

/* One message may have several lots of them. */
static void several_lots_count_together(void)
{
	for (size_t room = 1; room <= 4; room++) {
		enum {
			LOT = CMSG_SPACE(2 * sizeof(int))
		};
		char control[2 * LOT] __attribute__((aligned(8))) = { 0 };
		char x[] = "x";
		struct iovec all = { x, 1 };
		struct snt_message message = { &all, 1, .control = control,
					       .control_size = sizeof control };
		struct snt_socket *a, *b;
		int fd = own_fd(), fds[4];
		size_t count = room;
		char byte;

		for (size_t i = 0; i < 4; i++) {
			struct cmsghdr *item = (void *)(control + i / 2 * LOT);

			item->cmsg_len = CMSG_LEN(2 * sizeof fd);
			item->cmsg_level = SOL_SOCKET;
			item->cmsg_type = SCM_RIGHTS;
			memcpy(CMSG_DATA(item) + i % 2 * sizeof fd, &fd,
			       sizeof fd);
		}
		pair_of(SOCK_STREAM, &a, &b);
		OK(snt_sendmsg(a, &message));
		raw_close(fd);
		if (room < 4) {
			FAILS(snt_recv_fds(b, &byte, 1, fds, &count),
			      -SNT_ELIMIT);
		} else {
			OK(snt_recv_fds(b, &byte, 1, fds, &count));
			assert_int_equal(count, 4);
			while (count > 0)
				assert_open_and_close(fds[--count]);
		}
		snt_close(a);
		snt_close(b);
	}
}

static void credentials_that_come_as_well_are_in_nobodys_way(void)
{
	const int on = 1;

	EACH_TYPE(type)
	{
		struct snt_socket *a, *b;
		int fds[3];
		size_t count = 3;
		char bytes[4];

		pair_of(*type, &a, &b);
		OK(snt_setsockopt(b, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
		send_many(a, 3);
		OK(snt_recv_fds(b, bytes, 4, fds, &count));
		assert_int_equal(count, 3);
		while (count > 0)
			assert_open_and_close(fds[--count]);
		snt_close(a);
		snt_close(b);
	}
}

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

/* A descriptor too, of which the caller would not know. */
static void a_descriptor_of_the_peers_process_is_closed(void)
{
	const int on = 1;
	struct snt_socket *a, *b;
	size_t count = 1;
	char byte;
	int fd;

	pair_of(SOCK_STREAM, &a, &b);
	/* Linux 6.5; before that there is none to be closed. */
	if (snt_setsockopt(b, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof on) < 0)
		assert_int_equal(snt_done(), 0);
	send_many(a, 1);
	OK(snt_recv_fds(b, &byte, 1, &fd, &count));
	assert_int_equal(count, 1);
	assert_open_and_close(fd);
	snt_close(a);
	snt_close(b);
}

/* The kernel drops what nobody gave it room for. */
static void descriptors_sent_to_a_plain_recv_are_not_kept(void)
{
	EACH_TYPE(type)
	{
		struct snt_socket *a, *b;
		char bytes[4];
		const struct iovec all = { bytes, 4 };
		struct snt_message message = { &all, 1, .flags = 0 };

		pair_of(*type, &a, &b);
		for (int i = 0; i < 3; i++)
			send_many(a, 5);
		assert_int_equal(OK(snt_recv(b, bytes, 4)), 2);
		assert_int_equal(OK(snt_recvmsg(b, &message)), 2);
		assert_int_equal(message.told, MSG_CTRUNC);
		assert_int_equal(OK(snt_peek(b, bytes, 4)), 2);
		/* Those never received go with the socket. */
		snt_close(a);
		snt_close(b);
	}
}

static void recvmsg_gives_them_close_on_exec(void)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct cmsghdr *item = (void *)control;
	char bytes[4];
	const struct iovec all = { bytes, 4 };
	struct snt_message message = { &all, 1, .control = control,
				       .control_size = sizeof control };
	struct snt_socket *a, *b;
	int fd;

	pair_of(SOCK_STREAM, &a, &b);
	send_many(a, 1);
	OK(snt_recvmsg(b, &message));
	assert_int_equal(message.told, 0);
	assert_int_equal(item->cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(item), sizeof fd);
	assert_open_and_close(fd);
	snt_close(a);
	snt_close(b);
}

/* A number that is no descriptor's. */
static int not_open(void)
{
	int fd = own_fd() + 1000;

	raw_close(fd - 1000);
	return fd;
}

static void what_cannot_be_sent_is_refused_with_a_sentence(void)
{
	int fds[SNT_FDS_MAX + 1] = { 0 }, fd = own_fd();
	char words[64];
	struct snt_socket *a, *b, *tcp;
	size_t count = 1;
	char byte;

	pair_of(SOCK_STREAM, &a, &b);
	FAILS(snt_send_fds(a, "x", 1, fds, COUNT(fds)), -EINVAL);
	TELLS("254 descriptors, at most 253");
	FAILS(snt_send_fds(a, "", 0, &fd, 1), -EINVAL);
	TELLS("at least one byte");
	FAILS(snt_recv_fds(a, &byte, 0, fds, &count), -EINVAL);
	fds[0] = fd;
	fds[1] = not_open();
	FAILS(snt_send_fds(a, "x", 1, fds, 2), -EINVAL);
	snprintf(words, sizeof words,
		 "descriptor %d, number 2 of 2, is not open", fds[1]);
	TELLS(words);
	OK(snt_socket(&tcp, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_send_fds(tcp, "x", 1, &fd, 1), -EOPNOTSUPP);
	TELLS("only Unix sockets");
	FAILS(snt_recv_fds(tcp, &byte, 1, fds, &count), -EOPNOTSUPP);
	/* Nothing of all that was sent. */
	snt_settimeout(b, SNT_NOWAIT);
	FAILS(snt_recv(b, &byte, 1), -EAGAIN);
	snt_close(tcp);
	snt_close(a);
	snt_close(b);
	raw_close(fd);
}

static void sendmsg_tells_of_a_descriptor_that_is_not_open(void)
{
	const int fd = not_open();
	char control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = { 0 };
	struct cmsghdr *item = (void *)control;
	char x[] = "x";
	const struct iovec all = { x, 1 };
	struct snt_message message = { &all, 1, .control = control,
				       .control_size = sizeof control };
	struct snt_socket *a, *b;

	item->cmsg_len = CMSG_LEN(sizeof fd);
	item->cmsg_level = SOL_SOCKET;
	item->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(item), &fd, sizeof fd);
	pair_of(SOCK_STREAM, &a, &b);
	FAILS(snt_sendmsg(a, &message), -EINVAL);
	TELLS("not open");
	FAILS(snt_sendmsg_all(a, &message), -EINVAL);
	message.buffer_count = 0;
	FAILS(snt_sendmsg_all(a, &message), -EINVAL);
	TELLS("needs a byte");
	snt_close(a);
	snt_close(b);
}

/* Part of the bytes go, and all descriptors with them, once. */
static void a_partial_send_sends_the_descriptors_once(void)
{
	static char bytes[4 << 20];
	struct snt_socket *a, *b;
	int fd = own_fd(), fds[4];
	size_t count = 4, came = 0, lots = 0;
	ptrdiff_t n, sent;

	pair_of(SOCK_STREAM, &a, &b);
	sent = OK(snt_send_fds(a, bytes, sizeof bytes, &fd, 1));
	assert_true(sent > 0 && (size_t)sent < sizeof bytes);
	snt_close(a);
	while ((n = OK(snt_recv_fds(b, bytes, sizeof bytes, fds, &count))) >
	       0) {
		came += (size_t)n;
		lots += count;
		while (count > 0)
			assert_open_and_close(fds[--count]);
		count = 4;
	}
	assert_int_equal(came, sent);
	assert_int_equal(lots, 1);
	snt_close(b);
	raw_close(fd);
}

static int drain(void *arg)
{
	static char bytes[65536];
	int fds[4];
	size_t count = 4, lots = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv_fds(arg, bytes, sizeof bytes, fds, &count))) >
	       0) {
		lots += count;
		while (count > 0)
			assert_open_and_close(fds[--count]);
		count = 4;
	}
	return lots == 1 ? 0 : -EPROTO;
}

static void sendmsg_all_sends_them_once(void)
{
	static char bytes[4 << 20];
	int fd = own_fd();
	char control[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = { 0 };
	struct cmsghdr *item = (void *)control;
	const struct iovec all[] = { { 0 }, { bytes, sizeof bytes } };
	struct snt_message message = { all, 2, .control = control,
				       .control_size = sizeof control };
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;

	item->cmsg_len = CMSG_LEN(sizeof fd);
	item->cmsg_level = SOL_SOCKET;
	item->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(item), &fd, sizeof fd);
	pair_of(SOCK_STREAM, &a, &b);
	spawn(group, drain, b);
	OK(snt_sendmsg_all(a, &message));
	snt_close(a);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(b);
	raw_close(fd);
}

static int wait_for_fds(void *arg)
{
	int fds[2];
	size_t count = 2;
	char byte;

	FAILS(snt_recv_fds(arg, &byte, 1, fds, &count), -ECANCELED);
	assert_int_equal(count, 2);
	return 0;
}

static void a_cancelled_recv_fds_leaves_them_to_the_next(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;
	int fd;
	size_t count = 1;
	char bytes[4];

	pair_of(SOCK_STREAM, &a, &b);
	spawn(group, wait_for_fds, b);
	let_them_wait();
	send_many(a, 1);
	snt_group_cancel(group);
	OK(snt_group_end(group));
	OK(snt_recv_fds(b, bytes, 4, &fd, &count));
	assert_int_equal(count, 1);
	assert_open_and_close(fd);
	snt_close(a);
	snt_close(b);
}

static void the_end_of_a_stream_brings_none(void)
{
	struct snt_socket *a, *b;
	size_t count = 1;
	char byte;
	int fd;

	pair_of(SOCK_STREAM, &a, &b);
	snt_close(a);
	assert_int_equal(OK(snt_recv_fds(b, &byte, 1, &fd, &count)), 0);
	assert_int_equal(count, 0);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(descriptors_arrive_close_on_exec),
	TEST(what_arrives_is_the_same_file),
	TEST(more_than_asked_for_are_all_closed),
	TEST(a_datagram_cut_short_has_its_descriptors_closed),
	TEST(without_room_in_the_process_all_are_closed),
	TEST(several_lots_count_together),
	TEST(credentials_that_come_as_well_are_in_nobodys_way),
	TEST(a_descriptor_of_the_peers_process_is_closed),
	TEST(descriptors_sent_to_a_plain_recv_are_not_kept),
	TEST(recvmsg_gives_them_close_on_exec),
	TEST(what_cannot_be_sent_is_refused_with_a_sentence),
	TEST(sendmsg_tells_of_a_descriptor_that_is_not_open),
	TEST(a_partial_send_sends_the_descriptors_once),
	TEST(sendmsg_all_sends_them_once),
	TEST(a_cancelled_recv_fds_leaves_them_to_the_next),
	TEST(the_end_of_a_stream_brings_none),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
