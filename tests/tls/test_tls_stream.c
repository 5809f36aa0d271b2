/* SPDX-License-Identifier: MIT */
/* Bytes over TLS: every call means what it means on a plain connection. */
#include "secure.h"

#include <sennit/file.h>
#include <sennit/message.h>
#include <sennit/wait.h>

static struct ends ends;

static void both_ends_shake_hands_and_talk(void)
{
	EACH_STREAM(text)
	EACH_VERSION(version)
	{
		struct snt_tls_info info;

		ends_open_on(&ends, text, version);
		passes(ends.client, ends.server, "to the server");
		passes(ends.server, ends.client, "to the client");
		OK(snt_get_tls_info(ends.client, &info));
		assert_int_equal(info.version, version);
		assert_true(info.verified && !info.server && !info.resumed);
		assert_string_equal(info.server_name, "localhost");
		assert_true(info.cipher[0] != '\0' && info.group[0] != '\0');
		OK(snt_get_tls_info(ends.server, &info));
		assert_true(info.server && !info.verified);
		assert_string_equal(info.server_name, "localhost");
		ends_close(&ends);
	}
}

static void what_goes_over_the_wire_is_no_plain_text(void)
{
	static const char secret[] = "nobody shall read this";
	struct snt_socket *wire, *far;
	char seen[512];
	ptrdiff_t n;

	ends_open(&ends);
	OK(snt_fromfd(&wire, snt_fileno(ends.server)));
	far = ends.server;
	OK(snt_sendall(ends.client, secret, sizeof secret));
	n = OK(snt_peek(wire, seen, sizeof seen));
	assert_true((size_t)n > sizeof secret);
	assert_null(memmem(seen, (size_t)n, secret, 6));
	receives(far, secret);
	snt_close(wire);
	ends_close(&ends);
}

struct transfer {
	struct snt_socket *to;
	size_t size, piece;
};

static int send_pattern(void *arg)
{
	const struct transfer *transfer = arg;
	unsigned char *bytes = pattern_bytes(transfer->size);

	for (size_t at = 0; at < transfer->size; at += transfer->piece) {
		size_t left = transfer->size - at;

		OK(snt_sendall(transfer->to, bytes + at,
			       left < transfer->piece ? left
						      : transfer->piece));
	}
	test_free(bytes);
	return 0;
}

static void moves(size_t size, size_t piece, size_t room)
{
	struct transfer transfer = { ends.client, size, piece };
	unsigned char *buffer = test_malloc(room);
	size_t place = 0;

	spawn(ends.group, send_pattern, &transfer);
	while (place < size) {
		ptrdiff_t n = OK(snt_recv(ends.server, buffer, room));

		assert_true(n > 0);
		assert_pattern(buffer, (size_t)n, place);
		place += (size_t)n;
	}
	assert_int_equal(place, size);
	OK(snt_group_wait(ends.group));
	test_free(buffer);
}

static void records_of_every_size_arrive_whole(void)
{
	static const size_t sizes[] = { 1,     2,     255,   16383, 16384,
					16385, 32767, 32768, 32769, 65536 };

	EACH_VERSION(version)
	{
		ends_open_on(&ends, "127.0.0.1:0", version);
		for (size_t i = 0; i < COUNT(sizes); i++) {
			moves(sizes[i], sizes[i], 65536);
			moves(sizes[i], sizes[i], 1000);
		}
		moves(300, 1, 300);
		moves(300, 300, 1);
		ends_close(&ends);
	}
}

static void much_arrives_in_order_past_a_full_network(void)
{
	ends_open(&ends);
	moves((size_t)4 << 20, (size_t)1 << 20, 100000);
	ends_close(&ends);
}

static void recv_exact_until_and_peek_cross_records(void)
{
	char buffer[64] = "";

	ends_open(&ends);
	OK(snt_sendall(ends.client, "ab", 2));
	OK(snt_sendall(ends.client, "c\r", 2));
	OK(snt_sendall(ends.client, "\nrest", 5));
	assert_int_equal(OK(snt_peek(ends.server, buffer, 1)), 1);
	assert_int_equal(OK(snt_recv_until(ends.server, "\r\n", 2, buffer,
					   sizeof buffer)),
			 5);
	assert_memory_equal(buffer, "abc\r\n", 5);
	receives(ends.server, "rest");
	ends_close(&ends);
}

static void a_message_is_gathered_and_scattered(void)
{
	char ab[] = "ab", cd[] = "cd", a[3], b[8] = "";
	const struct iovec parts[] = { { ab, 2 }, { ab, 0 }, { cd, 2 } };
	const struct iovec places[] = { { a, 3 }, { b, sizeof b } };
	struct snt_message out = { .buffers = parts, .buffer_count = 3 };
	struct snt_message in = { .buffers = places, .buffer_count = 2 };

	ends_open(&ends);
	assert_int_equal(OK(snt_sendmsg(ends.client, &out)), 4);
	assert_int_equal(OK(snt_recvmsg(ends.server, &in)), 4);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "d", 1);
	OK(snt_sendmsg_all(ends.client, &out));
	receives(ends.server, "abcd");
	ends_close(&ends);
}

static void a_file_is_sent(void)
{
	unsigned char *bytes = pattern_bytes(50000), *got = test_malloc(50000);
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, 50000, file), 50000);
	assert_int_equal(fflush(file), 0);
	ends_open(&ends);
	assert_int_equal(OK(snt_sendfile(ends.client, fileno(file), NULL)),
			 50000);
	OK(snt_recv_exact(ends.server, got, 50000));
	assert_pattern(got, 50000, 0);
	ends_close(&ends);
	fclose(file);
	test_free(got);
	test_free(bytes);
}

static void decrypted_bytes_count_as_readable(void)
{
	struct snt_selector *selector;
	struct snt_selected ready;
	struct snt_wait wait;

	EACH_VERSION(version)
	{
		ends_open_on(&ends, "127.0.0.1:0", version);
		OK(snt_selector_open(&selector));
		OK(snt_selector_register(selector, ends.server, SNT_READABLE,
					 NULL));
		assert_int_equal(OK(snt_selector_select(selector, &ready, 1,
							SNT_NOWAIT)),
				 0);
		passes(ends.client, ends.server, "all of it");
		OK(snt_sendall(ends.client, "abc", 3));
		receives(ends.server, "a");
		for (int i = 0; i < 2; i++) {
			wait = (struct snt_wait){ ends.server, SNT_READABLE,
						  0 };
			OK(snt_wait_readable(ends.server));
			assert_int_equal(OK(snt_wait_any(&wait, 1)), 1);
			assert_int_equal(
				OK(snt_selector_select(selector, &ready, 1, 0)),
				1);
		}
		receives(ends.server, "bc");
		assert_int_equal(OK(snt_selector_select(selector, &ready, 1,
							SNT_NOWAIT)),
				 0);
		snt_settimeout(ends.server, SNT_NOWAIT);
		FAILS(snt_wait_readable(ends.server), -EAGAIN);
		snt_selector_close(selector);
		ends_close(&ends);
	}
}

static void an_end_is_an_end_only_with_a_goodbye(void)
{
	char byte;

	EACH_STREAM(text)
	EACH_VERSION(version)
	{
		ends_open_on(&ends, text, version);
		OK(snt_shutdown(ends.client, SHUT_WR));
		assert_int_equal(OK(snt_recv(ends.server, &byte, 1)), 0);
		assert_int_equal(OK(snt_recv(ends.server, &byte, 1)), 0);
		FAILS(snt_sendall(ends.client, "x", 1), -EPIPE);
		/* The other way is open. */
		passes(ends.server, ends.client, "still there");
		snt_close(ends.server);
		ends.server = NULL;
		assert_int_equal(OK(snt_recv(ends.client, &byte, 1)), 0);
		ends_close(&ends);

		ends_open_on(&ends, text, version);
		OK(snt_sendall(ends.client, "last", 4));
		raw_shutdown(snt_fileno(ends.client), SHUT_WR);
		receives(ends.server, "last");
		FAILS(snt_recv(ends.server, &byte, 1), -SNT_ETRUNCATED);
		FAILS(snt_recv(ends.server, &byte, 1), -SNT_ETRUNCATED);
		ends_close(&ends);
	}
}

static void shut_for_reading_it_is_at_its_end(void)
{
	char byte;

	ends_open(&ends);
	OK(snt_shutdown(ends.server, SHUT_RD));
	assert_int_equal(OK(snt_recv(ends.server, &byte, 1)), 0);
	passes(ends.server, ends.client, "x");
	ends_close(&ends);
}

static int echo(void *arg)
{
	struct snt_socket *socket = arg;
	char buffer[5000];
	ptrdiff_t n;

	while ((n = snt_recv(socket, buffer, sizeof buffer)) > 0)
		OK(snt_sendall(socket, buffer, (size_t)n));
	return (int)n;
}

static int update_keys(void *arg)
{
	SSL *ssl = snt__tls_of(arg)->ssl;

	for (int i = 0; i < 20; i++) {
		/* Not before the last one has gone. */
		if (SSL_is_init_finished(ssl))
			assert_int_equal(
				SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED),
				1);
		OK(snt_sleep(SNT_MILLISECOND));
	}
	return 0;
}

static void keys_change_while_both_fibers_are_busy(void)
{
	struct transfer transfer;
	unsigned char *buffer = test_malloc(100000);
	size_t place = 0, size = (size_t)2 << 20;

	ends_open(&ends);
	transfer = (struct transfer){ ends.client, size, 30000 };
	spawn(ends.group, echo, ends.server);
	spawn(ends.group, update_keys, ends.server);
	spawn(ends.group, update_keys, ends.client);
	spawn(ends.group, send_pattern, &transfer);
	while (place < size) {
		ptrdiff_t n = OK(snt_recv(ends.client, buffer, 100000));

		assert_true(n > 0);
		assert_pattern(buffer, (size_t)n, place);
		place += (size_t)n;
	}
	OK(snt_shutdown(ends.client, SHUT_WR));
	OK(snt_group_wait(ends.group));
	test_free(buffer);
	ends_close(&ends);
}

/* More than any network takes while nobody reads. */
static int send_in_vain(void *arg)
{
	unsigned char *bytes = pattern_bytes((size_t)8 << 20);

	FAILS(snt_sendall(arg, bytes, (size_t)8 << 20), -ECANCELED);
	test_free(bytes);
	return 0;
}

static int receive_in_vain(void *arg)
{
	char byte;

	FAILS(snt_recv(arg, &byte, 1), -ECANCELED);
	return 0;
}

static void a_reader_does_not_wait_for_a_writer_that_is_held(void)
{
	ends_open(&ends);
	spawn(ends.group, send_in_vain, ends.client);
	let_them_wait();
	for (int i = 0; i < 10; i++)
		passes(ends.server, ends.client, "read beside it");
	/* What the update asks to be answered stands in the queue. */
	assert_int_equal(SSL_key_update(snt__tls_of(ends.server)->ssl,
					SSL_KEY_UPDATE_REQUESTED),
			 1);
	for (int i = 0; i < 10; i++)
		passes(ends.server, ends.client, "read beside it");
	snt_group_cancel(ends.group);
	ends_close(&ends);
}

static void a_cancelled_send_counts_and_its_rest_goes_first(void)
{
	unsigned char *bytes = pattern_bytes((size_t)8 << 20), *got;
	size_t done;

	ends_open(&ends);
	snt_settimeout(ends.client, 20 * SNT_MILLISECOND);
	FAILS(snt_sendall(ends.client, bytes, (size_t)8 << 20), -ETIMEDOUT);
	done = snt_done();
	assert_true(done > 0 && done < (size_t)8 << 20);
	got = test_malloc(done);
	/* A reader sends on what nobody writes any more. */
	snt_settimeout(ends.client, 0);
	spawn(ends.group, echo, ends.client);
	OK(snt_recv_exact(ends.server, got, done));
	assert_pattern(got, done, 0);
	passes(ends.server, ends.server, "goes around");
	snt_group_cancel(ends.group);
	test_free(bytes);
	test_free(got);
	ends_close(&ends);
}

static void one_reads_and_one_writes_and_no_third(void)
{
	char byte;

	ends_open(&ends);
	spawn(ends.group, send_in_vain, ends.client);
	spawn(ends.group, receive_in_vain, ends.client);
	let_them_wait();
	FAILS(snt_recv(ends.client, &byte, 1), -EBUSY);
	FAILS(snt_sendall(ends.client, "x", 1), -EBUSY);
	FAILS(snt_unwrap(ends.client), -EBUSY);
	snt_group_cancel(ends.group);
	ends_close(&ends);
}

static int read_until_closed(void *arg)
{
	char byte;

	FAILS(snt_recv(arg, &byte, 1), -EBADF);
	return 0;
}

static void a_close_ends_who_waits_and_is_heard(void)
{
	char byte;

	ends_open(&ends);
	spawn(ends.group, read_until_closed, ends.client);
	let_them_wait();
	snt_close(ends.client);
	ends.client = NULL;
	OK(snt_group_wait(ends.group));
	assert_int_equal(OK(snt_recv(ends.server, &byte, 1)), 0);
	ends_close(&ends);
}

static void an_abort_says_no_goodbye(void)
{
	char byte;
	ptrdiff_t code;

	EACH_STREAM(text)
	{
		ends_open_on(&ends, text, 0);
		snt_abort(ends.client);
		ends.client = NULL;
		code = snt_recv(ends.server, &byte, 1);
		assert_true(code == -ECONNRESET || code == -SNT_ETRUNCATED);
		ends_close(&ends);
	}
}

static const struct test_case cases[] = {
	TEST(both_ends_shake_hands_and_talk),
	TEST_KERNEL(what_goes_over_the_wire_is_no_plain_text),
	TEST(records_of_every_size_arrive_whole),
	TEST(much_arrives_in_order_past_a_full_network),
	TEST(recv_exact_until_and_peek_cross_records),
	TEST(a_message_is_gathered_and_scattered),
	TEST_KERNEL(a_file_is_sent),
	TEST(decrypted_bytes_count_as_readable),
	TEST(an_end_is_an_end_only_with_a_goodbye),
	TEST(shut_for_reading_it_is_at_its_end),
	TEST(keys_change_while_both_fibers_are_busy),
	TEST(a_reader_does_not_wait_for_a_writer_that_is_held),
	TEST(a_cancelled_send_counts_and_its_rest_goes_first),
	TEST(one_reads_and_one_writes_and_no_third),
	TEST(a_close_ends_who_waits_and_is_heard),
	TEST(an_abort_says_no_goodbye),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
