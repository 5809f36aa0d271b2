/* SPDX-License-Identifier: MIT */
/*
 * sennit listen: what comes in to stdout, from one connection, or with --keep
 * from many at a time. Connections that wait hold no buffer.
 *
 * One that fails ends the tool's only connection, or with --keep is told on
 * stderr while the others go on; stdout that fails ends it all.
 */
#include "address.h"
#include "buffer.h"
#include "exit_code.h"
#include "group.h"
#include "interrupt.h"
#include "listen.h"
#include "seq_listen.h"
#include "tls_context.h"
#include "verbs.h"

#include <stdlib.h>

/* 1: go on. 0: the peer has ended. */
static int receive_once(struct listening *listening, struct snt_socket *conn,
			struct terminal *terminal)
{
	int code = snt_wait_readable(conn);
	char *buffer;
	ptrdiff_t n;

	if (code < 0) {
		listening->status = report(PHASE_TRANSFER, code);
		return code;
	}
	buffer = buffer_take();
	if (buffer == NULL) {
		fputs("sennit: out of memory for a connection\n", stderr);
		listening->status = STATUS_FAILURE;
		return -ENOMEM;
	}
	n = snt_recv(conn, buffer, BUFFER_SIZE);
	if (n < 0)
		listening->status = report(PHASE_TRANSFER, (int)n);
	if (n > 0) {
		code = output_write(&listening->output, terminal, buffer,
				    (size_t)n);
		if (code < 0) {
			listening->status = report_output(code);
			snt_group_cancel(listening->connections);
		}
		n = code < 0 ? code : 1;
	}
	buffer_give(buffer);
	return (int)n;
}

static int receive(struct listening *listening, struct snt_socket *conn)
{
	struct terminal terminal = { 0 };
	int code = 0, end;

	/* Before a buffer is taken: a client may be long about it. */
	if (listening->address.tls)
		code = snt_do_handshake(conn);
	if (code < 0) {
		listening->status = report(PHASE_TRANSFER, code);
		return code;
	}
	do
		code = receive_once(listening, conn, &terminal);
	while (code > 0);
	end = output_end(&listening->output, &terminal);
	if (end < 0 && code == 0)
		listening->status = report_output(end);
	return code;
}

struct reception {
	struct listening *listening;
	struct snt_socket *conn;
};

static int receive_fiber(void *arg)
{
	struct reception reception = *(struct reception *)arg;

	free(arg);
	(void)!receive(reception.listening, reception.conn);
	snt_close(reception.conn);
	return 0;
}

static void receive_apart(struct listening *listening, struct snt_socket *conn)
{
	struct reception *reception = malloc(sizeof *reception);
	int code = -ENOMEM;

	if (reception != NULL) {
		*reception = (struct reception){ listening, conn };
		code = snt_spawn(listening->connections, receive_fiber,
				 reception,
				 &(struct snt_spawn_opts){ .name = "receive" });
	}
	if (code < 0) {
		free(reception);
		snt_close(conn);
		fputs("sennit: out of memory for a connection\n", stderr);
	}
}

/* A fiber of the connections' group, so that a failed stdout cancels it. */
static int accept_all(void *arg)
{
	struct listening *listening = arg;
	struct snt_socket *conn;
	int code;

	while ((code = snt_accept(listening->server, &conn)) == 0) {
		snt_settimeout(conn, listening->options->timeout);
		receive_apart(listening, conn);
	}
	if (code != -ECANCELED)
		listening->status = report(PHASE_LISTEN, code);
	return 0;
}

static int serve_many(struct listening *listening)
{
	SNT_TRY(snt_spawn(listening->connections, accept_all, listening,
			  &(struct snt_spawn_opts){ .name = "accept" }));
	return snt_group_wait(listening->connections);
}

static int serve_one(struct listening *listening)
{
	snt_auto(socket) conn = NULL;
	int code;

	snt_settimeout(listening->server, listening->options->timeout);
	code = snt_accept(listening->server, &conn);
	if (code < 0) {
		listening->status = report(PHASE_LISTEN, code);
		return 0;
	}
	/* Whoever comes next is refused, rather than left waiting. */
	snt_close(listening->server);
	listening->server = NULL;
	snt_settimeout(conn, listening->options->timeout);
	(void)!receive(listening, conn);
	return 0;
}

static int open_ends(struct listening *listening)
{
	const struct snt_server_opts opts = { .type = listening->address.type,
					      .tls = listening->tls.context };
	const struct snt_group_opts keep_going = { .keep_going = true };

	SNT_TRY(output_open(&listening->output, listening->options->raw));
	SNT_TRY(snt_group_open(&listening->connections, &keep_going));
	if (listening->address.is_group)
		SNT_TRY(group_hear(&listening->server, &listening->address));
	else
		SNT_TRY(snt_create_server(&listening->server,
					  listening->address.text, &opts));
	if (listening->address.is_seq)
		listening->status =
			seq_setup_check(&listening->seq, &listening->address,
					listening->server);
	if (listening->status != STATUS_OK)
		return 0;
	SNT_TRY(address_print(stderr, &listening->address, listening->server));
	tls_server_tell(&listening->tls, &listening->address,
			listening->server);
	return 0;
}

static int run_listening(void *arg)
{
	struct listening *listening = arg;
	int code = open_ends(listening);

	if (code == 0 && listening->status != STATUS_OK)
		; /* told already */
	else if (code == 0 && listening->address.is_seq)
		code = seq_listen(listening);
	else if (code == 0 && listening->address.type == SOCK_DGRAM)
		code = listen_datagrams(listening);
	else if (code == 0 && listening->options->keep)
		code = serve_many(listening);
	else if (code == 0)
		code = serve_one(listening);
	if (code < 0 && listening->status == STATUS_OK)
		listening->status = report(PHASE_LISTEN, code);
	snt_group_end(listening->connections);
	snt_close(listening->server);
	output_close(&listening->output);
	buffers_release();
	return listening->status;
}

static bool renew(void *arg)
{
	struct listening *listening = arg;

	return tls_server_renew(&listening->tls);
}

int listen_run(const struct options *options)
{
	struct listening listening = { .options = options };
	int status = address_read(&listening.address, options->addresses[0]);

	if (status == STATUS_OK)
		status = tls_check_needed(options, "listen", &listening.address,
					  1);
	if (status == STATUS_OK)
		status = datagram_check_needed(options, "listen",
					       &listening.address);
	if (status == STATUS_OK)
		status = seq_check_needed(options, "listen", &listening.address,
					  1);
	if (status == STATUS_OK)
		status = seq_setup_open(&listening.seq, options,
					&listening.address);
	if (status == STATUS_OK)
		status = tls_server_open(&listening.tls, options,
					 &listening.address, 1);
	if (status == STATUS_OK)
		status = run_interruptible(run_listening,
					   listening.address.tls ? renew : NULL,
					   &listening);
	tls_server_close(&listening.tls);
	seq_setup_close(&listening.seq);
	return status;
}
