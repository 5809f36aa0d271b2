/* SPDX-License-Identifier: MIT */
/* Messages of several buffers, what is told with them, and a look ahead. */
#include "net.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sennit/message.h>
#include <sennit/options.h>

static struct snt_socket *udp_on(const char *text)
{
	struct snt_server_opts opts = { .type = SOCK_DGRAM };
	struct snt_socket *socket;

	OK(snt_create_server(&socket, text, &opts));
	return socket;
}

static const char *const datagram_kinds[] = { "127.0.0.1:0", "[::1]:0" };

static void sendmsg_gathers_and_recvmsg_scatters(void)
{
	EACH_STREAM(text)
	{
		char out1[] = "ab", out2[] = "cdefg", in1[3], in2[2], in3[9];
		const struct iovec out[] = { { out1, 2 }, { 0 }, { out2, 5 } };
		const struct iovec in[] = { { in1, 3 },
					    { in2, 2 },
					    { in3, 9 } };
		struct snt_message put = { .buffers = out, .buffer_count = 3 };
		struct snt_message got = { .buffers = in, .buffer_count = 3 };
		struct snt_socket *a, *b;

		pair_on(text, &a, &b);
		assert_int_equal(OK(snt_sendmsg(a, &put)), 7);
		assert_int_equal(OK(snt_recvmsg(b, &got)), 7);
		assert_memory_equal(in1, "abc", 3);
		assert_memory_equal(in2, "de", 2);
		assert_memory_equal(in3, "fg", 2);
		assert_int_equal(got.told, 0);
		assert_int_equal(got.control_got, 0);
		snt_close(a);
		assert_int_equal(OK(snt_recvmsg(b, &got)), 0);
		snt_close(b);
	}
}

static int send_later(void *arg)
{
	return snt_sendall(arg, "later", 5);
}

static void recvmsg_waits_for_what_comes_later(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;
		char in[8];
		const struct iovec all = { in, 8 };
		struct snt_message got = { .buffers = &all, .buffer_count = 1 };

		pair_on(text, &a, &b);
		for (int i = 0; i < 3; i++) {
			spawn(group, send_later, a);
			assert_int_equal(OK(snt_recvmsg(b, &got)), 5);
		}
		OK(snt_group_end(group));
		snt_close(a);
		snt_close(b);
	}
}

static void a_datagram_goes_to_an_address_and_comes_from_one(void)
{
	for (size_t i = 0; i < COUNT(datagram_kinds); i++) {
		struct snt_socket *a = udp_on(datagram_kinds[i]);
		struct snt_socket *b = udp_on(datagram_kinds[i]);
		struct snt_addr to = name_of(b), mine = name_of(a), from;
		char bytes[8], one[] = "1", two[] = "23";
		const struct iovec out[] = { { one, 1 }, { two, 2 } };
		const struct iovec in = { bytes, 8 };
		struct snt_message put = { out, 2, &to, .flags = MSG_CONFIRM };
		struct snt_message got = { &in, 1, &from, .flags = 0 };

		assert_int_equal(OK(snt_sendmsg(a, &put)), 3);
		assert_int_equal(OK(snt_recvmsg(b, &got)), 3);
		assert_memory_equal(bytes, "123", 3);
		assert_true(snt_addr_equal(&from, &mine));
		snt_close(a);
		snt_close(b);
	}
}

static void a_server_of_two_addresses_takes_messages_on_both(void)
{
	struct snt_socket *server = udp_on("localhost:0");
	struct snt_addr names[2], from;
	char bytes[8];
	const struct iovec all = { bytes, 4 };
	struct snt_message message = { &all, 1, &from, .flags = 0 };

	assert_int_equal(OK(snt_getsocknames(server, names, 2)), 2);
	for (int i = 0; i < 4; i++) {
		struct snt_addr to = names[i % 2];
		bool four = to.sa.any.sa_family == AF_INET;
		struct snt_socket *client = udp_on(datagram_kinds[!four]);

		OK(snt_sendto(client, "asks", 4, &to));
		assert_int_equal(OK(snt_recvmsg(server, &message)), 4);
		assert_int_equal(OK(snt_sendmsg(server, &message)), 4);
		assert_int_equal(OK(snt_recvfrom(client, bytes, 8, &from)), 4);
		assert_true(snt_addr_equal(&from, &to));
		snt_close(client);
	}
	snt_close(server);
}

static void truncation_is_told_and_is_no_failure(void)
{
	struct snt_socket *a, *b;
	char bytes[4] = "####";
	const struct iovec all = { bytes, 2 };
	struct snt_message got = { .buffers = &all, .buffer_count = 1 };

	OK(snt_socketpair(&a, &b, SOCK_DGRAM));
	for (int whole = 0; whole < 2; whole++) {
		got.flags = whole ? MSG_TRUNC : 0;
		OK(snt_send(a, "12345", 5));
		assert_int_equal(OK(snt_recvmsg(b, &got)), whole ? 5 : 2);
		assert_int_equal(got.told, MSG_TRUNC);
		assert_memory_equal(bytes, "12##", 4);
	}
	got.flags = 0;
	OK(snt_send(a, "6", 1));
	assert_int_equal(OK(snt_recvmsg(b, &got)), 1);
	assert_int_equal(got.told, 0);
	snt_close(a);
	snt_close(b);
}

/* Which address of this machine a datagram was sent to. */
static void control_data_goes_both_ways(void)
{
	struct snt_socket *b = udp_on("0.0.0.0:0"), *a = udp_on("127.0.0.1:0");
	struct snt_addr to = name_of(b);
	union {
		struct cmsghdr first;
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} out = { .first = { .cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = IPPROTO_IP,
			     .cmsg_type = IP_TTL } },
	  in;
	const int on = 1, ttl = 7;
	char bytes[8];
	const struct iovec all = { bytes, 1 };
	struct snt_message put = { .buffers = &all,
				   .buffer_count = 1,
				   .addr = &to,
				   .control = &out,
				   .control_size = CMSG_SPACE(sizeof(int)) };
	struct snt_message got = { .buffers = &all,
				   .buffer_count = 1,
				   .control = &in,
				   .control_size = sizeof in };

	to.sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	OK(snt_setsockopt(b, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
	memcpy(CMSG_DATA(&out.first), &ttl, sizeof ttl);
	for (int i = 0; i < 2; i++) {
		OK(snt_sendmsg(a, &put));
		assert_int_equal(OK(snt_recvmsg(b, &got)), 1);
		assert_int_equal(got.control_got, CMSG_SPACE(sizeof(int)));
		assert_int_equal(got.told, 0);
		assert_int_equal(in.first.cmsg_level, IPPROTO_IP);
		assert_int_equal(in.first.cmsg_type, IP_TTL);
		assert_memory_equal(CMSG_DATA(&in.first), &ttl, sizeof ttl);
	}
	/* No room for it: told. */
	got.control_size = 4;
	OK(snt_sendmsg(a, &put));
	OK(snt_recvmsg(b, &got));
	assert_int_equal(got.told, MSG_CTRUNC);
	snt_close(a);
	snt_close(b);
}

static void control_data_shorter_than_its_head_is_refused(void)
{
	struct snt_socket *b = udp_on("127.0.0.1:0"),
			  *a = udp_on("127.0.0.1:0");
	struct snt_addr to = name_of(b);
	struct cmsghdr head = { .cmsg_len = 3,
				.cmsg_level = IPPROTO_IP,
				.cmsg_type = IP_TTL };
	char x[] = "x";
	const struct iovec all = { x, 1 };
	const struct snt_message put = { .buffers = &all,
					 .buffer_count = 1,
					 .addr = &to,
					 .control = &head,
					 .control_size = sizeof head };

	FAILS(snt_sendmsg(a, &put), -EINVAL);
	TELLS(text_of(&to));
	snt_close(a);
	snt_close(b);
}

static void flags_that_would_break_a_promise_are_refused(void)
{
	static const int wrong[] = { MSG_DONTWAIT, MSG_WAITALL, MSG_FASTOPEN,
				     MSG_ZEROCOPY, MSG_SYN };
	struct snt_message message = { 0 };
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		message.flags = wrong[i];
		FAILS(snt_sendmsg(a, &message), -EINVAL);
		TELLS("flag 0x");
		FAILS(snt_sendmsg_all(a, &message), -EINVAL);
		FAILS(snt_recvmsg(a, &message), -EINVAL);
	}
	message.flags = MSG_TRUNC;
	FAILS(snt_recvmsg(a, &message), -EINVAL);
	TELLS("throw bytes away");
	message.flags = MSG_OOB;
	FAILS(snt_sendmsg(a, &message), -EOPNOTSUPP);
	TELLS("RFC 6093");
	TELLS("SO_OOBINLINE");
	FAILS(snt_sendmsg_all(a, &message), -EOPNOTSUPP);
	FAILS(snt_recvmsg(a, &message), -EOPNOTSUPP);
	snt_close(a);
	snt_close(b);
}

static void too_many_buffers_or_bytes_are_refused_with_a_sentence(void)
{
	static struct iovec many[IOV_MAX + 1];
	struct iovec huge[2] = { { many, SIZE_MAX / 2 },
				 { many, SIZE_MAX / 2 } };
	struct snt_message message = { many, COUNT(many), .flags = 0 };
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_sendmsg(a, &message), -EINVAL);
	TELLS("1025 buffers, at most 1024");
	FAILS(snt_recvmsg(a, &message), -EINVAL);
	message = (struct snt_message){ huge, 2, .flags = 0 };
	FAILS(snt_sendmsg(a, &message), -EINVAL);
	FAILS(snt_sendmsg_all(a, &message), -EINVAL);
	FAILS(snt_recvmsg(a, &message), -EINVAL);
	message = (struct snt_message){ .control_size = SIZE_MAX };
	FAILS(snt_sendmsg(a, &message), -EINVAL);
	FAILS(snt_recvmsg(a, &message), -EINVAL);
	TELLS("control data");
	snt_close(a);
	snt_close(b);
}

static void what_is_no_socket_has_no_messages(void)
{
	struct snt_message message = { 0 };
	struct snt_socket *pipe_end;
	int fd = raw_no_socket();
	char byte;

	OK(snt_fromfd(&pipe_end, fd));
	FAILS(snt_sendmsg(pipe_end, &message), -ENOTSOCK);
	FAILS(snt_sendmsg_all(pipe_end, &message), -ENOTSOCK);
	FAILS(snt_recvmsg(pipe_end, &message), -ENOTSOCK);
	FAILS(snt_peek(pipe_end, &byte, 1), -EOPNOTSUPP);
	snt_close(pipe_end);
	raw_close(fd);
}

struct sink {
	struct snt_socket *socket;
	size_t size;
};

static int receive_pattern(void *arg)
{
	const struct sink *sink = arg;
	unsigned char *in = test_malloc(sink->size);

	assert_int_equal(OK(snt_recv_exact(sink->socket, in, sink->size)),
			 sink->size);
	assert_pattern(in, sink->size, 0);
	test_free(in);
	return 0;
}

/* More buffers than fit in one call, more bytes than the kernel takes. */
static void sendmsg_all_sends_every_byte_and_changes_no_iovec(void)
{
	enum {
		BUFFERS = 3000,
		EACH = 2000
	};
	static struct iovec buffers[BUFFERS], before[BUFFERS];
	const struct snt_message message = { buffers, BUFFERS, .flags = 0 };
	unsigned char *bytes = pattern_bytes((size_t)BUFFERS * EACH);
	size_t place = 0;

	for (size_t i = 0; i < BUFFERS; i++) {
		/* Of every size from none on. */
		size_t size = i % 7 == 0 ? 0 : (i * 37) % EACH;

		buffers[i] = (struct iovec){ bytes + place, size };
		place += size;
	}
	memcpy(before, buffers, sizeof buffers);
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct sink sink = { .size = place };
		struct snt_socket *a;

		pair_on(text, &a, &sink.socket);
		spawn(group, receive_pattern, &sink);
		assert_int_equal(OK(snt_sendmsg_all(a, &message)), 0);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		assert_memory_equal(before, buffers, sizeof buffers);
		snt_close(a);
		snt_close(sink.socket);
	}
	test_free(bytes);
}

static void sendmsg_all_tells_how_much_went(void)
{
	static char bytes[1 << 20];
	const struct iovec all[] = {
		{ bytes, sizeof bytes }, { bytes, sizeof bytes },
		{ bytes, sizeof bytes }, { bytes, sizeof bytes },
		{ bytes, sizeof bytes }, { bytes, sizeof bytes },
		{ bytes, sizeof bytes }, { bytes, sizeof bytes }
	};
	const struct snt_message message = { all, COUNT(all), .flags = 0 };

	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		size_t went, came = 0;
		ptrdiff_t n;

		pair_on(text, &a, &b);
		OK(snt_set_sndbuf(a, 65536));
		snt_settimeout(a, MILLISECONDS(20));
		FAILS(snt_sendmsg_all(a, &message), -ETIMEDOUT);
		went = snt_done();
		assert_true(went > 0 && went < COUNT(all) * sizeof bytes);
		snt_close(a);
		while ((n = OK(snt_recv(b, bytes, sizeof bytes))) > 0)
			came += (size_t)n;
		assert_int_equal(came, went);
		snt_close(b);
	}
}

static void sendmsg_all_is_for_streams_alone(void)
{
	struct snt_addr addr = parsed("127.0.0.1:9");
	struct snt_message message = { 0 };
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_DGRAM));
	FAILS(snt_sendmsg_all(a, &message), -EOPNOTSUPP);
	TELLS("only for streams");
	snt_close(a);
	snt_close(b);
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendmsg_all(a, &message));
	message.addr = &addr;
	FAILS(snt_sendmsg_all(a, &message), -EINVAL);
	snt_close(a);
	snt_close(b);
}

static void a_peek_takes_nothing(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;
		char bytes[8];

		pair_on(text, &a, &b);
		spawn(group, send_later, a);
		for (int i = 0; i < 3; i++)
			assert_int_equal(OK(snt_peek(b, bytes, 8)), 5);
		assert_int_equal(OK(snt_peek(b, bytes, 3)), 3);
		assert_int_equal(OK(snt_recv(b, bytes, 8)), 5);
		assert_memory_equal(bytes, "later", 5);
		OK(snt_group_end(group));
		snt_close(a);
		assert_int_equal(OK(snt_peek(b, bytes, 8)), 0);
		assert_int_equal(OK(snt_recv(b, bytes, 8)), 0);
		snt_close(b);
	}
}

static void a_peek_at_a_datagram_leaves_it_whole(void)
{
	struct snt_socket *a, *b;
	char bytes[8];

	OK(snt_socketpair(&a, &b, SOCK_DGRAM));
	OK(snt_send(a, "12345", 5));
	assert_int_equal(OK(snt_peek(b, bytes, 8)), 5);
	FAILS(snt_peek(b, bytes, 2), -EMSGSIZE);
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 5);
	snt_close(a);
	snt_close(b);
}

static void a_peek_after_a_reset_tells_it_as_recv_does(void)
{
	struct snt_socket *socket;
	int fd = raw_peer("127.0.0.1:0", &socket);
	char byte;

	raw_reset(fd);
	FAILS(snt_peek(socket, &byte, 1), -ECONNRESET);
	FAILS(snt_peek(socket, &byte, 1), -ECONNRESET);
	FAILS(snt_recv(socket, &byte, 1), -ECONNRESET);
	snt_close(socket);
}

static const struct test_case cases[] = {
	TEST(sendmsg_gathers_and_recvmsg_scatters),
	TEST(recvmsg_waits_for_what_comes_later),
	TEST(a_datagram_goes_to_an_address_and_comes_from_one),
	TEST(a_server_of_two_addresses_takes_messages_on_both),
	TEST(truncation_is_told_and_is_no_failure),
	TEST(control_data_goes_both_ways),
	TEST(control_data_shorter_than_its_head_is_refused),
	TEST(flags_that_would_break_a_promise_are_refused),
	TEST(too_many_buffers_or_bytes_are_refused_with_a_sentence),
	TEST(what_is_no_socket_has_no_messages),
	TEST(sendmsg_all_sends_every_byte_and_changes_no_iovec),
	TEST(sendmsg_all_tells_how_much_went),
	TEST(sendmsg_all_is_for_streams_alone),
	TEST(a_peek_takes_nothing),
	TEST(a_peek_at_a_datagram_leaves_it_whole),
	TEST(a_peek_after_a_reset_tells_it_as_recv_does),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
