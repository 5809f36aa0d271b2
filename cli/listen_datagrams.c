/* SPDX-License-Identifier: MIT */
/*
 * sennit listen with datagrams: what every peer sends, and stdin to whoever
 * spoke last or to all. What is on stdin before anybody spoke waits for the
 * first.
 *
 * Peers are kept by when they last spoke: a datagram's is nearly always at the
 * front. Of too many, the one that was silent longest is forgotten.
 */
#include "buffer.h"
#include "exit_code.h"
#include "listen.h"
#include "pieces.h"
#include "shown.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of these, all get what is sent to all. */
#define PEERS_MAX 1024

struct conversation {
	struct listening *listening;
	struct shown shown;
	struct snt_event *heard; /* somebody spoke */
	struct snt_addr *peers;  /* the one that spoke last first */
	size_t peer_count;
	size_t peer_room;
};

static void remember(struct conversation *conversation,
		     const struct snt_addr *from)
{
	struct snt_addr *peers = conversation->peers;
	size_t at = 0;

	while (at < conversation->peer_count &&
	       !snt_addr_equal(&peers[at], from))
		at++;
	if (at == conversation->peer_count) {
		if (at < conversation->peer_room)
			conversation->peer_count++;
		else
			at--;
	}
	memmove(peers + 1, peers, at * sizeof peers[0]);
	peers[0] = *from;
	snt_event_set(conversation->heard);
}

static int show_all(struct conversation *conversation, char *buffer)
{
	struct listening *listening = conversation->listening;
	bool answered = false;
	struct snt_addr from;
	ptrdiff_t n;

	snt_settimeout(listening->server, listening->options->timeout);
	while ((n = snt_recvfrom(listening->server, buffer, BUFFER_SIZE,
				 &from)) >= 0) {
		int code = shown_datagram(&conversation->shown, &from, buffer,
					  (size_t)n);

		if (code < 0) {
			listening->status = report_output(code);
			return 0;
		}
		answered = true;
		remember(conversation, &from);
	}
	if (n != -ETIMEDOUT || !answered)
		listening->status = report(PHASE_TRANSFER, (int)n);
	return 0;
}

/* One that cannot be reached does not keep the others from it. */
static int send_piece(struct conversation *conversation, const char *piece,
		      size_t size)
{
	bool all =
		conversation->listening->options->datagram.reply == REPLY_ALL;
	size_t count = all ? conversation->peer_count : 1;

	for (size_t i = 0; i < count && i < conversation->peer_count; i++) {
		/* The order may change while it waits. */
		const struct snt_addr to = conversation->peers[i];
		ptrdiff_t n = snt_sendto(conversation->listening->server, piece,
					 size, &to);

		if (n == -ECANCELED)
			return (int)n;
		if (n < 0)
			(void)!report(PHASE_TRANSFER, (int)n);
	}
	return 0;
}

static int send_all(struct conversation *conversation, struct pieces *pieces)
{
	const char *piece;
	ptrdiff_t n;

	while ((n = pieces_next(pieces, &piece)) > 0) {
		SNT_TRY(snt_event_wait(conversation->heard));
		SNT_TRY(send_piece(conversation, piece, (size_t)n));
	}
	return (int)n;
}

/* A fiber: the end of stdin is not the end of the rest. */
static int reply(void *arg)
{
	struct conversation *conversation = arg;
	snt_auto(socket) input = NULL;
	struct pieces pieces = {
		.cut = conversation->listening->options->datagram.cut,
	};
	int code = snt_fromfd(&input, STDIN_FILENO);

	pieces.most = pieces.cut == PIECES_AS_READ ? PIECE_MAX : PIECE_LIMIT;
	pieces.input = input;
	pieces.buffer = code == 0 ? buffer_take() : NULL;
	if (code == 0)
		code = pieces.buffer != NULL ? send_all(conversation, &pieces)
					     : -ENOMEM;
	if (pieces.buffer != NULL)
		buffer_give(pieces.buffer);
	if (code < 0 && code != -ECANCELED)
		fprintf(stderr, "sennit: read from stdin: %s\n",
			snt_strerror(code));
	return 0;
}

/* Unasked, stdin may be another's: a script's, or a shell's that we are in the
 * background of. */
bool listen_replies(const struct options *options)
{
	if (options->datagram.reply != REPLY_UNASKED)
		return true;
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static int converse(struct conversation *conversation, char *buffer)
{
	struct listening *listening = conversation->listening;
	const struct options *options = listening->options;

	conversation->peer_room =
		options->datagram.reply == REPLY_ALL ? PEERS_MAX : 1;
	conversation->peers =
		calloc(conversation->peer_room, sizeof conversation->peers[0]);
	if (conversation->peers == NULL)
		return -ENOMEM;
	SNT_TRY(snt_event_open(&conversation->heard));
	SNT_TRY(shown_open(&conversation->shown, &listening->output, options,
			   true, BUFFER_SIZE));
	if (listen_replies(options))
		SNT_TRY(snt_spawn(listening->connections, reply, conversation,
				  &(struct snt_spawn_opts){ .name = "reply" }));
	SNT_TRY(show_all(conversation, buffer));
	return 0;
}

int listen_datagrams(struct listening *listening)
{
	struct conversation conversation = { .listening = listening };
	char *buffer = buffer_take();
	int code;

	if (buffer == NULL)
		return -ENOMEM;
	code = converse(&conversation, buffer);
	/* Before what its fiber borrows. */
	snt_group_end(listening->connections);
	listening->connections = NULL;
	shown_close(&conversation.shown);
	snt_event_close(conversation.heard);
	free(conversation.peers);
	buffer_give(buffer);
	return code;
}
