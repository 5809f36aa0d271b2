/* SPDX-License-Identifier: MIT */
/* Sessions that are taken up again, and those that must not be. */
#include "handshakes.h"

#include "simulated.h"

static const char *const a_name[] = { "a.example", NULL };

static struct snt_tls_session *take(const struct handshake *handshake)
{
	SSL_SESSION *native = SSL_get1_session(handshake->client);
	struct snt_tls_session *session;

	assert_non_null(native);
	assert_int_equal(
		snt__tls_session_make(handshake->client, native, &session), 0);
	return session;
}

/* A handshake with that session (NULL: none), and the session it leaves. */
static struct snt_tls_session *
again(struct snt_tls_context *client, struct snt_tls_context *server,
      const char *host, struct snt_tls_session *session, bool resumed)
{
	const struct snt_wrap_opts opts = { .server_hostname = host,
					    .session = session };
	struct snt_tls_session *next;
	struct handshake handshake;

	handshake_begin(&handshake, client, server, &opts);
	handshake_run(&handshake);
	assert_ended(&handshake.at_client, 0, NULL);
	handshake_talk(&handshake);
	assert_int_equal(SSL_session_reused(handshake.client), resumed);
	assert_int_equal(SSL_session_reused(handshake.server), resumed);
	assert_true(snt__tls_verified(handshake.client));
	next = take(&handshake);
	handshake_end(&handshake);
	snt_tls_session_close(session);
	return next;
}

struct both {
	struct snt_tls_context *server, *client;
};

static struct both both_with(int version)
{
	const struct snt_tls_opts opts = { .maximum_version = version };
	struct both both = { .server = made_server(a_name) };

	both.client = client_of(both.server, &opts);
	return both;
}

static void close_both(struct both *both)
{
	snt_tls_context_close(both->client);
	snt_tls_context_close(both->server);
}

static const int versions[] = { SNT_TLS_1_3, SNT_TLS_1_2 };

#define EACH_VERSION(both)                                                     \
	for (int i_ = 0; i_ < 2; i_++)                                         \
		for (struct both both = both_with(versions[i_]);               \
		     both.server != NULL;                                      \
		     close_both(&both), both.server = NULL)

static void a_session_is_taken_up_again(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);

		session = again(both.client, both.server, "a.example", session,
				true);
		session = again(both.client, both.server, "a.example", session,
				true);
		snt_tls_session_close(session);
	}
}

static void a_ticket_opens_with_the_last_key_and_not_with_the_one_before(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);

		assert_int_equal(snt_rotate_ticket_key(both.server), 0);
		session = again(both.client, both.server, "a.example", session,
				true);
		/* That one gave a ticket of the new key. */
		assert_int_equal(snt_rotate_ticket_key(both.server), 0);
		session = again(both.client, both.server, "a.example", session,
				true);
		assert_int_equal(snt_rotate_ticket_key(both.server), 0);
		assert_int_equal(snt_rotate_ticket_key(both.server), 0);
		session = again(both.client, both.server, "a.example", session,
				false);
		snt_tls_session_close(session);
	}
}

static void sessions_outlive_a_renewed_certificate(void)
{
	EACH_VERSION(both)
	{
		const struct snt_make_certificate_opts opts = {
			.names = a_name
		};
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);

		assert_int_equal(snt_make_certificate(both.server, &opts), 0);
		session = again(both.client, both.server, "a.example", session,
				true);
		snt_tls_session_close(session);
	}
}

/* Whoever was trusted then may not be now. */
static void sessions_end_with_a_change_of_trust(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);
		char pem[4096];
		ptrdiff_t size =
			snt_getcert_pem(both.server, 0, pem, sizeof pem);

		assert_int_equal(snt_load_verify_locations(both.client, NULL,
							   NULL, pem,
							   (size_t)size),
				 0);
		session = again(both.client, both.server, "a.example", session,
				false);
		assert_int_equal(snt_load_verify_locations(both.server, NULL,
							   NULL, pem,
							   (size_t)size),
				 0);
		session = again(both.client, both.server, "a.example", session,
				false);
		snt_tls_session_close(session);
	}
}

static void a_session_is_for_the_host_it_was_made_with(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);
		const struct snt_wrap_opts opts = { .server_hostname =
							    "b.example",
						    .session = session };
		SSL *ssl;

		REFUSED_WITH(snt__tls_new(both.client, &opts, &ssl), -EINVAL,
			     "the session was made with another server");
		snt_tls_session_close(session);
	}
}

static void a_session_is_for_the_context_it_was_made_in(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);
		struct snt_tls_context *other = client_of(both.server, NULL);
		const struct snt_wrap_opts opts = { .server_hostname =
							    "a.example",
						    .session = session };
		SSL *ssl;

		REFUSED_WITH(snt__tls_new(other, &opts, &ssl), -EINVAL,
			     "the session was made in another context");
		snt_tls_context_close(other);
		snt_tls_session_close(session);
	}
}

static void another_server_does_not_know_the_session(void)
{
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);
		struct snt_tls_context *other = made_server(a_name);
		char pem[4096];
		ptrdiff_t size = snt_getcert_pem(other, 0, pem, sizeof pem);

		/* Trusted before the session is made. */
		snt_tls_session_close(session);
		assert_int_equal(snt_load_verify_locations(both.client, NULL,
							   NULL, pem,
							   (size_t)size),
				 0);
		session = again(both.client, both.server, "a.example", NULL,
				false);
		session =
			again(both.client, other, "a.example", session, false);
		snt_tls_session_close(session);
		snt_tls_context_close(other);
	}
}

/* A client that was let in by one name is not let in by another, where it
 * would have had to show a certificate. */
static void a_session_of_one_name_is_not_taken_up_by_another(void)
{
	EACH_VERSION(both)
	{
		const char *const names[] = { "a.example", "b.example", NULL };
		const struct snt_make_certificate_opts for_both = {
			.names = names
		};
		struct snt_tls_context *other =
			context_of(SNT_TLS_SERVER, NULL);
		const struct snt_tls_opts opts = { .insecure_noverify = true,
						   .maximum_version =
							   versions[i_] };
		struct snt_tls_context *client =
			context_of(SNT_TLS_CLIENT, &opts);
		struct snt_wrap_opts wrap = { .server_hostname = "b.example" };
		struct handshake handshake;
		SSL_SESSION *session;

		assert_int_equal(snt_make_certificate(other, &for_both), 0);
		assert_int_equal(
			snt_set_servername(both.server, "b.example", other), 0);
		wrap.server_hostname = "a.example";
		handshake_begin(&handshake, client, both.server, &wrap);
		handshake_run(&handshake);
		handshake_talk(&handshake);
		session = SSL_get1_session(handshake.client);
		handshake_end(&handshake);
		/* A client of somebody else's, who does what ours would not. */
		wrap.server_hostname = "b.example";
		handshake_begin(&handshake, client, both.server, &wrap);
		assert_true(SSL_set_session(handshake.client, session));
		handshake_run(&handshake);
		assert_ended(&handshake.at_server, 0, NULL);
		assert_false(SSL_session_reused(handshake.server));
		handshake_end(&handshake);
		SSL_SESSION_free(session);
		snt_tls_context_close(client);
		snt_tls_context_close(other);
	}
}

static void a_server_that_gives_no_tickets_takes_none(void)
{
	for (int i = 0; i < 2; i++) {
		const struct snt_tls_opts opts = { .no_resumption = true,
						   .maximum_version =
							   versions[i] };
		struct snt_tls_context *server =
			context_of(SNT_TLS_SERVER, &opts);
		struct snt_tls_context *client;
		struct handshake handshake;

		assert_int_equal(snt_make_certificate(server, NULL), 0);
		client = client_of(server, NULL);
		shake(&handshake, client, server, "localhost");
		handshake_talk(&handshake);
		assert_false(SSL_SESSION_has_ticket(
			SSL_get0_session(handshake.client)));
		handshake_end(&handshake);
		assert_int_equal(snt_rotate_ticket_key(server), 0);
		snt_tls_context_close(client);
		snt_tls_context_close(server);
	}
}

static void clients_have_no_ticket_keys(void)
{
	struct snt_tls_context *client = context_of(SNT_TLS_CLIENT, NULL);

	REFUSED_WITH(snt_rotate_ticket_key(client), -EINVAL, "a server has");
	snt_tls_context_close(client);
}

static const struct snt__io *before;
static int64_t later;

static int64_t now_later(void)
{
	return before->now() + later;
}

/* Keys change by themselves: half a day later the last one opens, and a day
 * after that nothing does. */
static void keys_have_a_life(void)
{
	struct snt__io table = *real_io();

	before = real_io();
	table.now = now_later;
	EACH_VERSION(both)
	{
		struct snt_tls_session *session = again(
			both.client, both.server, "a.example", NULL, false);

		snt__io = &table;
		later += 13 * 60 * SNT_MINUTE;
		session = again(both.client, both.server, "a.example", session,
				true);
		later += 30 * 60 * SNT_MINUTE;
		session = again(both.client, both.server, "a.example", session,
				false);
		snt__io = real_io();
		snt_tls_session_close(session);
		later = 0;
	}
}

static const struct test_case cases[] = {
	TEST(a_session_is_taken_up_again),
	TEST(a_ticket_opens_with_the_last_key_and_not_with_the_one_before),
	TEST(sessions_outlive_a_renewed_certificate),
	TEST(sessions_end_with_a_change_of_trust),
	TEST(a_session_is_for_the_host_it_was_made_with),
	TEST(a_session_is_for_the_context_it_was_made_in),
	TEST(another_server_does_not_know_the_session),
	TEST(a_session_of_one_name_is_not_taken_up_by_another),
	TEST(a_server_that_gives_no_tickets_takes_none),
	TEST(clients_have_no_ticket_keys),
	TEST(keys_have_a_life),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
