/* SPDX-License-Identifier: MIT */
/*
 * sennit listen seq://: what every peer sends, each in a session and fiber of
 * its own. A peer that ends has our end as answer; one that fails is told on
 * stderr and leaves the others alone.
 */
#include "seq_listen.h"

#include "buffer.h"
#include "exit_code.h"
#include "seq_stats.h"

#include <stdlib.h>

#define MESSAGE_MAX ((size_t)1 << 20)

static void fail(struct visiting *visiting, enum phase phase, int code)
{
	if (code == -ECANCELED)
		return;
	live_clear(&visiting->live);
	visiting->listening->status = report(phase, code);
}

static void fail_output(struct visiting *visiting, int code)
{
	live_clear(&visiting->live);
	if (code != -ECANCELED)
		visiting->listening->status = report_output(code);
	snt_group_cancel(visiting->listening->connections);
}

void visitor_release(struct visitor *visitor)
{
	if (--visitor->users > 0)
		return;
	snt_mutex_close(visitor->sending);
	free(visitor);
}

static struct visitor *add_visitor(struct visiting *visiting,
				   struct snt_seq *seq)
{
	struct visitor *visitor = calloc(1, sizeof *visitor), **end;

	if (visitor == NULL)
		return NULL;
	if (snt_mutex_open(&visitor->sending) < 0) {
		free(visitor);
		return NULL;
	}
	visitor->seq = seq;
	visitor->users = 1;
	visitor->number = ++visiting->last_number;
	visitor->spoke = ++visiting->spoken;
	(void)!snt_seq_getpeername(seq, &visitor->addr);
	for (end = &visiting->first; *end != NULL; end = &(*end)->next)
		;
	*end = visitor;
	snt_event_set(visiting->somebody);
	return visitor;
}

static void remove_visitor(struct visiting *visiting, struct visitor *visitor)
{
	struct visitor **at = &visiting->first;

	while (*at != visitor)
		at = &(*at)->next;
	*at = visitor->next;
	if (visiting->first == NULL)
		snt_event_clear(visiting->somebody);
	visitor->leaving = true;
	snt_seq_close(visitor->seq);
	visitor_release(visitor);
}

/* 1: go on. 0: the peer has ended. */
static int receive_once(struct visiting *visiting, struct visitor *visitor)
{
	struct snt_seq_message message;
	int code = snt_seq_recv(visitor->seq, &message);

	if (code < 0)
		fail(visiting, PHASE_TRANSFER, code);
	if (code <= 0)
		return code;
	visiting->moved_at = snt_now();
	visiting->heard = true;
	visitor->spoke = ++visiting->spoken;
	live_clear(&visiting->live);
	code = shown_message(&visiting->shown, &visitor->addr, &message);
	if (code == 0)
		return 1;
	fail_output(visiting, code);
	return code;
}

/* After whatever stands in line for it. */
static void answer_end(struct visiting *visiting, struct visitor *visitor)
{
	int code;

	visitor->leaving = true;
	if (snt_mutex_lock(visitor->sending) < 0)
		return;
	code = snt_seq_shutdown(visitor->seq);
	snt_mutex_unlock(visitor->sending);
	if (code < 0)
		fail(visiting, PHASE_TRANSFER, code);
}

/* Also at the end by a signal. */
static void tell_statistics(struct visiting *visiting, struct visitor *visitor)
{
	struct listening *listening = visiting->listening;
	int code;

	if (!listening->options->json)
		return;
	snt_cleanup_scope(SNT_SECOND);
	code = seq_stats_json(&listening->output, &visitor->addr, visitor->seq);
	if (code < 0 && listening->status == STATUS_OK)
		fail_output(visiting, code);
}

struct reception {
	struct visiting *visiting;
	struct visitor *visitor;
};

static int receive(void *arg)
{
	struct reception reception = *(struct reception *)arg;
	int code;

	free(arg);
	do
		code = receive_once(reception.visiting, reception.visitor);
	while (code > 0);
	if (code == 0)
		answer_end(reception.visiting, reception.visitor);
	tell_statistics(reception.visiting, reception.visitor);
	remove_visitor(reception.visiting, reception.visitor);
	return 0;
}

static void receive_apart(struct visiting *visiting, struct snt_seq *seq)
{
	struct reception *reception = malloc(sizeof *reception);
	struct visitor *visitor =
		reception != NULL ? add_visitor(visiting, seq) : NULL;
	int code = -ENOMEM;

	if (visitor != NULL) {
		*reception = (struct reception){ visiting, visitor };
		code = snt_spawn(visiting->listening->connections, receive,
				 reception,
				 &(struct snt_spawn_opts){ .name = "receive" });
	}
	if (code == 0)
		return;
	free(reception);
	if (visitor != NULL)
		remove_visitor(visiting, visitor);
	else
		snt_seq_close(seq);
	fputs("sennit: out of memory for a session\n", stderr);
}

static int accept_all(void *arg)
{
	struct visiting *visiting = arg;
	struct snt_seq *seq;
	int code;

	while ((code = snt_seq_accept(visiting->endpoint, &seq)) == 0)
		receive_apart(visiting, seq);
	fail(visiting, PHASE_LISTEN, code);
	snt_group_cancel(visiting->listening->connections);
	return 0;
}

static int watch_silence(void *arg)
{
	struct visiting *visiting = arg;
	struct listening *listening = visiting->listening;
	int64_t timeout = listening->options->timeout, left;

	if (timeout == 0)
		return 0;
	while ((left = visiting->moved_at + timeout - snt_now()) > 0)
		if (snt_sleep(left) < 0)
			return 0;
	if (!visiting->heard && listening->status == STATUS_OK) {
		live_clear(&visiting->live);
		fprintf(stderr, "sennit: seq://%s: timed out, nothing came\n",
			listening->address.text);
		listening->status = STATUS_TIMEOUT;
	}
	snt_group_cancel(listening->connections);
	return 0;
}

static int show_live(void *arg)
{
	struct visiting *visiting = arg;
	char text[LIVE_TEXT];

	while (visiting->live.handle != NULL && snt_sleep(LIVE_PAUSE) == 0) {
		struct seq_stats stats = { 0 };

		for (struct visitor *visitor = visiting->first; visitor != NULL;
		     visitor = visitor->next)
			seq_stats_add(&stats, visitor->seq);
		seq_stats_text(text, &stats);
		if (stats.sessions > 0)
			live_draw(&visiting->live, text);
		else
			live_clear(&visiting->live);
	}
	return 0;
}

static int visit(struct visiting *visiting)
{
	static const struct {
		int (*run)(void *arg);
		const char *name;
	} fibers[] = {
		{ accept_all, "accept" },
		{ watch_silence, "timeout" },
		{ show_live, "live" },
		{ seq_reply, "reply" },
	};
	struct listening *listening = visiting->listening;
	size_t count = sizeof fibers / sizeof fibers[0];

	SNT_TRY(snt_event_open(&visiting->somebody));
	SNT_TRY(live_open(&visiting->live));
	SNT_TRY(shown_open(&visiting->shown, &listening->output,
			   listening->options, true, MESSAGE_MAX));
	SNT_TRY(snt_seq_open(&visiting->endpoint, listening->server,
			     &listening->seq.opts));
	listening->server = NULL;
	visiting->moved_at = snt_now();
	if (!listen_replies(listening->options))
		count--;
	for (size_t i = 0; i < count; i++)
		SNT_TRY(snt_spawn(
			listening->connections, fibers[i].run, visiting,
			&(struct snt_spawn_opts){ .name = fibers[i].name }));
	return snt_group_wait(listening->connections);
}

int seq_listen(struct listening *listening)
{
	struct visiting visiting = { .listening = listening };
	int code = visit(&visiting);

	/* Before what its fibers borrow. */
	snt_group_end(listening->connections);
	listening->connections = NULL;
	live_close(&visiting.live);
	shown_close(&visiting.shown);
	snt_seq_endpoint_close(visiting.endpoint);
	snt_event_close(visiting.somebody);
	return code;
}
