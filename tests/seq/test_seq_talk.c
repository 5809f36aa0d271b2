/* SPDX-License-Identifier: MIT */
/* Messages over datagrams: what a program says and hears. */
#include "sessions.h"

static int echo(void *arg)
{
	struct snt_seq_endpoint *server = arg;
	struct snt_seq_message message;
	snt_auto(seq) seq = NULL;

	SNT_TRY(snt_seq_accept(server, &seq));
	while (snt_seq_recv(seq, &message) > 0)
		SNT_TRY(snt_seq_send(seq, message.channel, message.data,
				     message.size));
	return snt_seq_shutdown(seq);
}

static void ten_lines_are_an_echo_server(void)
{
	EACH_PLACE(text)
	{
		struct snt_seq_endpoint *server = endpoint_on(text, NULL);
		struct snt_group *group = group_open();
		struct snt_seq *seq;

		spawn(group, echo, server);
		OK(snt_seq_create_connection(&seq, where(server), NULL));
		say(seq, SNT_SEQ_ORDERED, "one");
		say(seq, SNT_SEQ_ORDERED, "two");
		HEARS(seq, SNT_SEQ_ORDERED, "one");
		HEARS(seq, SNT_SEQ_ORDERED, "two");
		OK(snt_seq_shutdown(seq));
		hears_the_end(seq);
		OK(snt_group_wait(group));
		snt_seq_close(seq);
		OK(snt_group_end(group));
		snt_seq_endpoint_close(server);
	}
}

static void a_session_goes_both_ways_sealed_and_plain(void)
{
	EACH_SEAL(opts)
	{
		struct ends ends = ends_on("127.0.0.1:0", &opts);
		struct snt_seq_info info;

		say(ends.asking, SNT_SEQ_ORDERED, "to the server");
		HEARS(ends.asked, SNT_SEQ_ORDERED, "to the server");
		say(ends.asked, SNT_SEQ_RELIABLE + 63, "and back");
		HEARS(ends.asking, SNT_SEQ_RELIABLE + 63, "and back");
		say(ends.asked, SNT_SEQ_LATEST, "by the way");
		HEARS(ends.asking, SNT_SEQ_LATEST, "by the way");
		OK(snt_seq_get_info(ends.asking, &info));
		assert_int_equal(info.sealed, opts.key != NULL);
		ends_close(&ends);
	}
}

static void messages_have_any_size_up_to_the_limit(void)
{
	static const size_t sizes[] = { 0,    1,    1000,  1200,
					5000, 9000, 99999, 100000 };

	EACH_SEAL(opts)
	{
		unsigned char *bytes = pattern_bytes(100001);
		struct snt_seq_message message;
		struct ends ends;

		opts.message_max = 100000;
		ends = ends_on("[::1]:0", &opts);
		for (size_t i = 0; i < COUNT(sizes); i++) {
			OK(snt_seq_send(ends.asking, 7, bytes, sizes[i]));
			assert_int_equal(OK(snt_seq_recv(ends.asked, &message)),
					 1);
			assert_int_equal(message.size, sizes[i]);
			assert_pattern((const void *)message.data, sizes[i], 0);
		}
		FAILS(snt_seq_send(ends.asking, 7, bytes, 100001), -EMSGSIZE);
		TELLS("100001");
		FAILS(snt_seq_send(ends.asking, 192, bytes, 1), -EINVAL);
		TELLS("192");
		say(ends.asking, 7, "and goes on");
		HEARS(ends.asked, 7, "and goes on");
		ends_close(&ends);
		test_free(bytes);
	}
}

/* How the world's calls to send go wrong. */
static struct {
	uint32_t calls;
	bool often;
	int code;
} hindered;

static bool hinders(void)
{
	/* Not in step with what is tried again. */
	return hindered.often &&
	       (++hindered.calls * UINT32_C(2654435761)) >> 30 == 0;
}

static ptrdiff_t hindered_send(int fd, const void *buffer, size_t size,
			       int flags)
{
	return hinders() ? hindered.code
			 : real_io()->send(fd, buffer, size, flags);
}

static ptrdiff_t hindered_sendto(int fd, const void *buffer, size_t size,
				 int flags, const struct snt_addr *addr)
{
	return hinders() ? hindered.code
			 : real_io()->sendto(fd, buffer, size, flags, addr);
}

static void what_the_socket_has_no_room_for_goes_later(void)
{
	static const int codes[] = { -EAGAIN, -ENOBUFS, -EPERM };
	struct snt__io table = *real_io();
	unsigned char *bytes = pattern_bytes(50000);

	table.send = hindered_send;
	table.sendto = hindered_sendto;
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct ends ends = ends_on("127.0.0.1:0", NULL);
		struct snt_seq_message message;

		snt__io = &table;
		hindered.code = codes[i];
		hindered.often = true;
		OK(snt_seq_send(ends.asking, 0, bytes, 50000));
		assert_int_equal(OK(snt_seq_recv(ends.asked, &message)), 1);
		assert_int_equal(message.size, 50000);
		assert_pattern((const void *)message.data, 50000, 0);
		say(ends.asked, 0, "all of it");
		HEARS(ends.asking, 0, "all of it");
		hindered.often = false;
		snt__io = real_io();
		ends_close(&ends);
	}
	test_free(bytes);
}

static const struct test_case cases[] = {
	TEST(ten_lines_are_an_echo_server),
	TEST(a_session_goes_both_ways_sealed_and_plain),
	TEST(what_the_socket_has_no_room_for_goes_later),
	TEST(messages_have_any_size_up_to_the_limit),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
