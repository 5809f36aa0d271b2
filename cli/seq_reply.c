/* SPDX-License-Identifier: MIT */
/*
 * Stdin to who spoke last, or to all. A visitor may leave while this waits for
 * room in its queue: so it is counted as used, and found again by its number.
 *
 * Of all, the slowest sets the pace; one that is dead does so until the library
 * has noticed.
 */
#include "buffer.h"
#include "exit_code.h"
#include "pieces.h"
#include "seq_listen.h"

#include <unistd.h>

/* The first after that number. */
static struct visitor *find_after(const struct visiting *visiting,
				  uint64_t number)
{
	struct visitor *visitor = visiting->first;

	while (visitor != NULL && visitor->number <= number)
		visitor = visitor->next;
	return visitor;
}

static struct visitor *find_last(const struct visiting *visiting)
{
	struct visitor *last = visiting->first;

	for (struct visitor *visitor = last; visitor != NULL;
	     visitor = visitor->next)
		if (visitor->spoke > last->spoke)
			last = visitor;
	return last;
}

/* Why it fails its own fiber is told, too. */
static int send_to(const struct visiting *visiting, struct visitor *visitor,
		   const char *piece, size_t size)
{
	int code;

	visitor->users++;
	code = snt_mutex_lock(visitor->sending);
	if (code == 0) {
		if (!visitor->leaving)
			code = snt_seq_send(
				visitor->seq,
				visiting->listening->options->seq.channel,
				piece, size);
		snt_mutex_unlock(visitor->sending);
	}
	visitor_release(visitor);
	return code == -ECANCELED ? code : 0;
}

static int send_piece(const struct visiting *visiting, const char *piece,
		      size_t size)
{
	struct visitor *visitor;
	uint64_t number = 0;

	if (visiting->listening->options->datagram.reply != REPLY_ALL) {
		visitor = find_last(visiting);
		return visitor != NULL ? send_to(visiting, visitor, piece, size)
				       : 0;
	}
	while ((visitor = find_after(visiting, number)) != NULL) {
		number = visitor->number;
		SNT_TRY(send_to(visiting, visitor, piece, size));
	}
	return 0;
}

static int send_all(const struct visiting *visiting, struct pieces *pieces)
{
	const char *piece;
	ptrdiff_t n;

	while ((n = pieces_next(pieces, &piece)) > 0) {
		SNT_TRY(snt_event_wait(visiting->somebody));
		SNT_TRY(send_piece(visiting, piece, (size_t)n));
	}
	return (int)n;
}

int seq_reply(void *arg)
{
	struct visiting *visiting = arg;
	const struct options *options = visiting->listening->options;
	snt_auto(socket) input = NULL;
	struct pieces pieces = {
		.cut = pieces_of_messages(options->datagram.cut),
		.most = BUFFER_SIZE,
	};
	int code = snt_fromfd(&input, STDIN_FILENO);

	pieces.input = input;
	pieces.buffer = code == 0 ? buffer_take() : NULL;
	if (code == 0)
		code = pieces.buffer != NULL ? send_all(visiting, &pieces)
					     : -ENOMEM;
	if (pieces.buffer != NULL)
		buffer_give(pieces.buffer);
	if (code < 0 && code != -ECANCELED) {
		live_clear(&visiting->live);
		fprintf(stderr, "sennit: read from stdin: %s\n",
			snt_strerror(code));
	}
	return 0;
}
