/* SPDX-License-Identifier: MIT */
/*
 * sennit connect: two fibers, stdin to the socket and the socket to stdout,
 * each of which may end before the other.
 *
 * Many may hear what goes to a group or to all of a network, and each may
 * answer: such a socket is not connected.
 *
 * A failure is told by the fiber that met it, at once. One of sending does not
 * stop the receiving: what the peer had still sent is worth having.
 */
#include "address.h"
#include "buffer.h"
#include "delivery.h"
#include "exit_code.h"
#include "group.h"
#include "interrupt.h"
#include "pieces.h"
#include "seq_connect.h"
#include "shown.h"
#include "tls_context.h"
#include "verbs.h"

#include <unistd.h>

/* How long nothing has to come before it is taken for the end, where no end
 * is told. */
#define SILENCE SNT_SECOND

struct session {
	const struct options *options;
	struct address address;
	struct snt_tls_context *tls; /* NULL: none */
	struct snt_socket *socket;
	struct snt_socket *input;
	struct output output;
	struct shown shown; /* of datagrams */
	struct snt_addr to; /* where many are, or who is there */
	bool many;
	struct snt_group *group;
	int64_t moved_at;  /* the last byte either way */
	int64_t input_at;  /* the last byte of stdin */
	int64_t delivered; /* acknowledged before the first byte, or -1 */
	int64_t sent;
	bool input_waits; /* for stdin, not for the peer */
	bool input_ended;
	bool peer_ended;
	bool answered;
	int status;
};

static bool is_datagram(const struct session *session)
{
	return session->address.type == SOCK_DGRAM;
}

/* The first failure is the status. */
static void fail(struct session *session, int status)
{
	if (session->status == STATUS_OK)
		session->status = status;
}

/* Until *since is that long ago; it may move meanwhile. */
static int wait_silence(const int64_t *since, int64_t limit)
{
	int64_t left;

	while ((left = *since + limit - snt_now()) > 0)
		SNT_TRY(snt_sleep(left));
	return 0;
}

/* In pieces, so that a slow peer counts as one that takes bytes. */
static int send_piece(struct session *session, const char *bytes, size_t size)
{
	do {
		ptrdiff_t n = session->many
				      ? snt_sendto(session->socket, bytes, size,
						   &session->to)
				      : snt_send(session->socket, bytes, size);

		if (n < 0)
			return (int)n;
		session->moved_at = snt_now();
		session->sent += n;
		bytes += n;
		size -= (size_t)n;
	} while (size > 0);
	return 0;
}

static ptrdiff_t read_input(struct session *session, struct pieces *pieces,
			    const char **piece)
{
	ptrdiff_t n;

	session->input_waits = true;
	n = pieces_next(pieces, piece);
	session->input_waits = false;
	session->input_at = snt_now();
	return n;
}

static size_t most_of_piece(const struct session *session)
{
	if (!is_datagram(session))
		return BUFFER_SIZE;
	return session->options->datagram.cut == PIECES_AS_READ ? PIECE_MAX
								: PIECE_LIMIT;
}

static void copy_input(struct session *session, char *buffer)
{
	struct pieces pieces = {
		.input = session->input,
		.cut = session->options->datagram.cut,
		.most = most_of_piece(session),
		.buffer = buffer,
	};
	const char *piece;
	ptrdiff_t n;

	while ((n = read_input(session, &pieces, &piece)) > 0) {
		int code = send_piece(session, piece, (size_t)n);

		if (code < 0 && code != -ECANCELED)
			fail(session, report(PHASE_TRANSFER, code));
		/* The next datagram may find somebody. */
		if (code < 0 && !is_datagram(session))
			return;
	}
	if (n < 0 && n != -ECANCELED) {
		fprintf(stderr, "sennit: read from stdin: %s\n",
			snt_strerror((int)n));
		fail(session, STATUS_FAILURE);
		/* The peer must not take what it got for all. */
		snt_group_cancel(session->group);
	}
}

/* No answer comes after this one; or none came at all. */
static void end_datagrams(struct session *session)
{
	int64_t timeout = session->options->timeout;

	session->moved_at = snt_now();
	if (wait_silence(&session->moved_at, timeout > 0 ? timeout : SILENCE))
		return;
	if (timeout > 0 && !session->answered) {
		fprintf(stderr, "sennit: no answer from %s%s: timed out\n",
			session->address.scheme, session->address.text);
		fail(session, STATUS_TIMEOUT);
	}
	snt_group_cancel(session->group);
}

static int send_input(void *arg)
{
	struct session *session = arg;
	char *buffer = buffer_take();

	if (buffer == NULL)
		return -ENOMEM;
	copy_input(session, buffer);
	buffer_give(buffer);
	session->input_ended = true;
	/* How many bytes TLS has made of them only the kernel knows; its
	 * goodbye, like our end, may come too late for a peer that has gone. */
	if (session->tls != NULL)
		session->sent = delivery_taken(session->socket);
	if (is_datagram(session))
		end_datagrams(session);
	else
		/* Whatever makes this fail, the receiver meets too. */
		(void)!snt_shutdown(session->socket, SHUT_WR);
	return 0;
}

static ptrdiff_t receive(struct session *session, char *buffer,
			 struct snt_addr *from)
{
	if (session->many)
		return snt_recvfrom(session->socket, buffer, BUFFER_SIZE, from);
	*from = session->to;
	return snt_recv(session->socket, buffer, BUFFER_SIZE);
}

static int copy_output(struct session *session, char *buffer)
{
	struct terminal terminal = { 0 };
	struct snt_addr from;
	ptrdiff_t n;
	int code;

	while ((n = receive(session, buffer, &from)) > 0 ||
	       (n == 0 && is_datagram(session))) {
		session->moved_at = snt_now();
		session->answered = true;
		code = is_datagram(session)
			       ? shown_datagram(&session->shown, &from, buffer,
						(size_t)n)
			       : output_write(&session->output, &terminal,
					      buffer, (size_t)n);
		if (code < 0) {
			fail(session, report_output(code));
			return code;
		}
	}
	if (n < 0 && n != -ECANCELED)
		fail(session, report(PHASE_TRANSFER, (int)n));
	code = output_end(&session->output, &terminal);
	if (code < 0)
		fail(session, report_output(code));
	return (int)n;
}

/* The peer has ended first. It may still read what stdin has for it, or be
 * gone; nobody can tell before something is sent. */
static void end_input(struct session *session)
{
	if (isatty(STDIN_FILENO))
		return;
	session->peer_ended = true;
	session->input_at = snt_now();
	while (!session->input_ended) {
		if (wait_silence(&session->input_at, SILENCE))
			return;
		if (session->input_waits)
			return;
		session->input_at = snt_now();
	}
}

static int receive_output(void *arg)
{
	struct session *session = arg;
	char *buffer = buffer_take();

	if (buffer == NULL)
		return -ENOMEM;
	if (copy_output(session, buffer) == 0)
		end_input(session);
	buffer_give(buffer);
	snt_group_cancel(session->group);
	return 0;
}

static int watch_silence(void *arg)
{
	struct session *session = arg;
	int64_t timeout = session->options->timeout;

	if (timeout == 0)
		return 0;
	while (wait_silence(&session->moved_at, timeout) == 0) {
		if (is_datagram(session) && session->input_ended)
			return 0; /* end_datagrams decides */
		if (!session->peer_ended || !session->input_waits)
			break;
		session->moved_at = snt_now(); /* end_input decides */
	}
	if (snt_cancelled())
		return 0;
	fprintf(stderr, "sennit: %s: timed out, nothing came or went\n",
		session->address.text);
	fail(session, STATUS_TIMEOUT);
	snt_group_cancel(session->group);
	return 0;
}

static int run_fibers(struct session *session)
{
	const struct snt_group_opts opts = { .keep_going = true };

	SNT_TRY(snt_group_open(&session->group, &opts));
	SNT_TRY(snt_spawn(session->group, receive_output, session,
			  &(struct snt_spawn_opts){ .name = "receive" }));
	SNT_TRY(snt_spawn(session->group, send_input, session,
			  &(struct snt_spawn_opts){ .name = "send" }));
	SNT_TRY(snt_spawn(session->group, watch_silence, session,
			  &(struct snt_spawn_opts){ .name = "timeout" }));
	return snt_group_wait(session->group);
}

/* Whether what was sent has arrived. */
static void confirm(struct session *session)
{
	int code;

	if (session->status != STATUS_OK || session->delivered < 0)
		return;
	snt_timeout_scope(limit, session->options->timeout);
	code = delivery_wait(session->socket,
			     session->delivered + session->sent);
	if (code == 0 || code == -ECANCELED)
		return;
	fprintf(stderr, "sennit: %s: bytes sent last did not arrive: %s\n",
		session->address.text, snt_strerror(code));
	fail(session, code == -ETIMEDOUT ? STATUS_TIMEOUT : STATUS_LOST);
}

static int open_socket(struct session *session)
{
	const struct snt_connection_opts opts = {
		.type = session->address.type,
		.timeout = session->options->timeout,
		.tls = session->tls,
		.server_hostname = session->options->tls.servername,
	};

	if (session->address.is_group)
		return group_ask(&session->socket, &session->address,
				 session->options, &session->to);
	if (session->many) {
		snt_timeout_scope(limit, opts.timeout);
		return broadcast_ask(&session->socket, &session->address,
				     &session->to);
	}
	SNT_TRY(snt_create_connection(&session->socket, session->address.text,
				      &opts));
	/* Only a label needs it. */
	if (is_datagram(session))
		(void)!snt_getpeername(session->socket, &session->to);
	return 0;
}

static int open_ends(struct session *session)
{
	int code = snt_fromfd(&session->input, STDIN_FILENO);

	session->many = session->address.is_group ||
			session->options->datagram.broadcast;
	if (code == 0)
		code = output_open(&session->output, session->options->raw);
	if (code == 0)
		code = shown_open(&session->shown, &session->output,
				  session->options, session->many, BUFFER_SIZE);
	if (code < 0) {
		fail(session, report(PHASE_TRANSFER, code));
		return code;
	}
	code = open_socket(session);
	if (code < 0)
		fail(session, report(PHASE_CONNECT, code));
	if (code == -EACCES && is_datagram(session))
		fputs("sennit: if this stands for all of a network, "
		      "--broadcast allows it\n",
		      stderr);
	return code;
}

static int run_session(void *arg)
{
	struct session *session = arg;
	int code = open_ends(session);

	if (code == 0) {
		session->moved_at = snt_now();
		session->delivered = delivery_count(session->socket);
		/* Of which the handshake's are some; our SYN was one. */
		if (session->tls != NULL && session->delivered > 0)
			session->delivered = 1;
		code = run_fibers(session);
		if (code < 0)
			fail(session, report(PHASE_TRANSFER, code));
		snt_group_end(session->group);
		confirm(session);
	}
	snt_close(session->socket);
	snt_close(session->input);
	shown_close(&session->shown);
	output_close(&session->output);
	buffers_release();
	return session->status;
}

int connect_run(const struct options *options)
{
	struct session session = { .options = options };
	int status = address_read(&session.address, options->addresses[0]);

	if (status == STATUS_OK)
		status = tls_check_needed(options, "connect", &session.address,
					  1);
	if (status == STATUS_OK)
		status = datagram_check_needed(options, "connect",
					       &session.address);
	if (status == STATUS_OK)
		status = seq_check_needed(options, "connect", &session.address,
					  1);
	if (status == STATUS_OK && session.address.is_seq)
		return seq_connect(options, &session.address);
	if (status == STATUS_OK)
		status = tls_client_open(&session.tls, options,
					 &session.address);
	if (status == STATUS_OK)
		status = run_interruptible(run_session, NULL, &session);
	snt_tls_context_close(session.tls);
	return status;
}
