/* SPDX-License-Identifier: MIT */
/*
 * sennit connect seq://: as with a stream, stdin to the session and the session
 * to stdout, a line a message, and each direction ends by itself. The status is
 * 0 only once the peer has acknowledged all.
 *
 * A session that fails fails for both; the first to meet that tells it, and what
 * has come already is still shown.
 */
#include "seq_connect.h"

#include "buffer.h"
#include "exit_code.h"
#include "interrupt.h"
#include "pieces.h"
#include "seq_setup.h"
#include "seq_stats.h"
#include "shown.h"

#include <unistd.h>

/* How long stdin has to give nothing, once the peer has ended. */
#define SILENCE SNT_SECOND

#define MESSAGE_MAX ((size_t)1 << 20)

struct talk {
	const struct options *options;
	const struct address *address;
	struct seq_setup setup;
	struct snt_seq *seq;
	struct snt_addr peer;
	struct snt_socket *input;
	struct output output;
	struct shown shown;
	struct live live;
	struct snt_group *group;
	int64_t moved_at; /* the last message or acknowledgement */
	int64_t input_at; /* the last bytes of stdin */
	size_t queued;    /* then */
	bool input_waits; /* for stdin, not for the peer */
	bool input_ended;
	bool peer_ended;
	bool finished; /* all is acknowledged */
	int status;
};

/* The first failure is the one that counts, and is told. */
static void fail(struct talk *talk, int code)
{
	if (code == -ECANCELED || talk->status != STATUS_OK)
		return;
	live_clear(&talk->live);
	talk->status = report(PHASE_TRANSFER, code);
}

static void finish(struct talk *talk)
{
	int code = snt_seq_shutdown(talk->seq);

	talk->finished = code == 0;
	if (code < 0)
		fail(talk, code);
}

static ptrdiff_t read_input(struct talk *talk, struct pieces *pieces,
			    const char **piece)
{
	ptrdiff_t n;

	talk->input_waits = true;
	n = pieces_next(pieces, piece);
	talk->input_waits = false;
	talk->input_at = snt_now();
	return n;
}

static void copy_input(struct talk *talk, char *buffer)
{
	struct pieces pieces = {
		.input = talk->input,
		.cut = pieces_of_messages(talk->options->datagram.cut),
		.most = BUFFER_SIZE,
		.buffer = buffer,
	};
	const char *piece;
	ptrdiff_t n;

	while ((n = read_input(talk, &pieces, &piece)) > 0) {
		int code = snt_seq_send(talk->seq, talk->options->seq.channel,
					piece, (size_t)n);

		if (code < 0) {
			fail(talk, code);
			return;
		}
		talk->moved_at = snt_now();
	}
	if (n == 0) {
		finish(talk);
	} else if (n != -ECANCELED) {
		live_clear(&talk->live);
		fprintf(stderr, "sennit: read from stdin: %s\n",
			snt_strerror((int)n));
		talk->status = STATUS_FAILURE;
		/* The peer must not take what it got for all. */
		snt_group_cancel(talk->group);
	}
}

static int send_input(void *arg)
{
	struct talk *talk = arg;
	char *buffer = buffer_take();

	if (buffer == NULL)
		return -ENOMEM;
	copy_input(talk, buffer);
	buffer_give(buffer);
	talk->input_ended = true;
	return 0;
}

/* The peer has ended first: as a stream's, it may still take what stdin has. */
static void end_input(struct talk *talk)
{
	if (isatty(STDIN_FILENO))
		return;
	talk->peer_ended = true;
	talk->input_at = snt_now();
	while (!talk->input_ended) {
		int64_t left = talk->input_at + SILENCE - snt_now();

		if (left > 0) {
			if (snt_sleep(left) < 0)
				return;
			continue;
		}
		if (talk->input_waits)
			return;
		talk->input_at = snt_now();
	}
}

static int receive_output(void *arg)
{
	struct talk *talk = arg;
	struct snt_seq_message message;
	int code;

	while ((code = snt_seq_recv(talk->seq, &message)) > 0) {
		talk->moved_at = snt_now();
		live_clear(&talk->live);
		code = shown_message(&talk->shown, &talk->peer, &message);
		if (code == 0)
			continue;
		if (talk->status == STATUS_OK)
			talk->status = report_output(code);
		break;
	}
	if (code == 0)
		end_input(talk);
	else
		fail(talk, code);
	snt_group_cancel(talk->group);
	return 0;
}

/* What the peer has acknowledged since has moved, too. */
static void look_at_queue(struct talk *talk)
{
	struct snt_seq_info info;

	if (snt_seq_get_info(talk->seq, &info) < 0)
		return;
	if (info.queued != talk->queued)
		talk->moved_at = snt_now();
	talk->queued = info.queued;
}

static int watch_silence(void *arg)
{
	struct talk *talk = arg;
	int64_t timeout = talk->options->timeout, left;

	if (timeout == 0)
		return 0;
	while ((left = talk->moved_at + timeout - snt_now()) > 0) {
		int64_t pause = timeout / 4 + 1;

		if (snt_sleep(left < pause ? left : pause) < 0)
			return 0;
		look_at_queue(talk);
		/* end_input decides. */
		if (talk->peer_ended && talk->input_waits)
			talk->moved_at = snt_now();
	}
	live_clear(&talk->live);
	if (talk->status == STATUS_OK) {
		fprintf(stderr,
			"sennit: seq://%s: timed out, nothing came or went\n",
			talk->address->text);
		talk->status = STATUS_TIMEOUT;
	}
	snt_group_cancel(talk->group);
	return 0;
}

static int show_live(void *arg)
{
	struct talk *talk = arg;
	char text[LIVE_TEXT];

	while (talk->live.handle != NULL && snt_sleep(LIVE_PAUSE) == 0) {
		struct seq_stats stats = { 0 };

		seq_stats_add(&stats, talk->seq);
		seq_stats_text(text, &stats);
		live_draw(&talk->live, text);
	}
	return 0;
}

static int run_fibers(struct talk *talk)
{
	static const struct {
		int (*run)(void *arg);
		const char *name;
	} fibers[] = {
		{ receive_output, "receive" },
		{ send_input, "send" },
		{ watch_silence, "timeout" },
		{ show_live, "live" },
	};
	const struct snt_group_opts opts = { .keep_going = true };

	SNT_TRY(snt_group_open(&talk->group, &opts));
	for (size_t i = 0; i < sizeof fibers / sizeof fibers[0]; i++)
		SNT_TRY(snt_spawn(
			talk->group, fibers[i].run, talk,
			&(struct snt_spawn_opts){ .name = fibers[i].name }));
	return snt_group_wait(talk->group);
}

static int begin(struct talk *talk)
{
	struct snt_seq_opts opts = talk->setup.opts;
	int code;

	/* The time of the look-up counts, too: so ours is the limit. */
	if (talk->options->timeout > 0)
		opts.handshake_timeout = SNT_FOREVER;
	snt_timeout_scope(limit, talk->options->timeout);
	code = snt_seq_create_connection(&talk->seq, talk->address->text,
					 &opts);
	if (code < 0)
		talk->status =
			seq_setup_report(&talk->setup, talk->address, code);
	else
		(void)!snt_seq_getpeername(talk->seq, &talk->peer);
	return code;
}

static int open_ends(struct talk *talk)
{
	SNT_TRY(snt_fromfd(&talk->input, STDIN_FILENO));
	SNT_TRY(output_open(&talk->output, talk->options->raw));
	SNT_TRY(live_open(&talk->live));
	return shown_open(&talk->shown, &talk->output, talk->options, false,
			  MESSAGE_MAX);
}

/* Also of one that a signal ended. */
static void tell_statistics(struct talk *talk)
{
	int code;

	if (!talk->options->json)
		return;
	snt_cleanup_scope(SNT_SECOND);
	code = seq_stats_json(&talk->output, &talk->peer, talk->seq);
	if (code < 0 && talk->status == STATUS_OK)
		talk->status = report_output(code);
}

static void converse(struct talk *talk)
{
	int code;

	talk->moved_at = snt_now();
	code = run_fibers(talk);
	if (code < 0)
		fail(talk, code);
	snt_group_end(talk->group);
	if (talk->status == STATUS_OK && !talk->finished) {
		snt_timeout_scope(limit, talk->options->timeout);
		finish(talk);
	}
	live_close(&talk->live);
	tell_statistics(talk);
}

static int run_talk(void *arg)
{
	struct talk *talk = arg;
	int code = open_ends(talk);

	if (code < 0)
		fail(talk, code);
	else if (begin(talk) == 0)
		converse(talk);
	live_close(&talk->live);
	snt_seq_close(talk->seq);
	snt_close(talk->input);
	shown_close(&talk->shown);
	output_close(&talk->output);
	buffers_release();
	return talk->status;
}

int seq_connect(const struct options *options, const struct address *address)
{
	struct talk talk = { .options = options, .address = address };
	int status = seq_setup_open(&talk.setup, options, address);

	if (status == STATUS_OK)
		status = run_interruptible(run_talk, NULL, &talk);
	seq_setup_close(&talk.setup);
	return status;
}
