/* SPDX-License-Identifier: MIT */
/*
 * What a program does with a session. Built for one small message at a time and
 * for many: with nothing under way a message goes at once, else those of all
 * fibers go together when they wait.
 *
 * After a wait that was ended by a close nothing looks at the session.
 */
#include "base/deadline.h"
#include "fiber/call.h"
#include "seq/session.h"

static int begin(const struct snt_seq *seq)
{
	int code = snt__enter(snt__fiber_now());

	return code < 0 ? code : snt__seq_home_check(&seq->home);
}

/* *deadline is 0 before the call's first wait. */
static int wait_in(struct snt_seq *seq, struct snt_fiber **slot,
		   int64_t *deadline)
{
	int code;

	if (*slot != NULL)
		return -EBUSY;
	if (seq->timeout == SNT_NOWAIT)
		return -EAGAIN;
	if (*deadline == 0)
		*deadline = snt__deadline(
			seq->timeout > 0 && seq->timeout != SNT_FOREVER
				? snt__io->now()
				: 0,
			seq->timeout);
	*slot = snt__fiber_now();
	snt__park_for("seq");
	code = snt__park(*deadline);
	if (code != -EBADF)
		*slot = NULL;
	return code;
}

static int fail(const struct snt_seq *seq, int code, const char *what)
{
	/* After -EBADF it is gone; after -SNT_ETHREAD not ours to look at. */
	if (code == -EBADF || code == -SNT_ETHREAD || code == -SNT_EFORK)
		return snt__fail(code, "%s", what);
	return snt__seq_fail_at(&seq->route.addr, code, NULL);
}

static int refused(int code, unsigned channel, size_t size)
{
	if (code == -EINVAL)
		return snt__fail_text(code, "seq send: there is no channel %u",
				      channel);
	if (code == -EMSGSIZE)
		return snt__fail(code, "seq send: a message of %zu bytes",
				 size);
	if (code == -EPIPE)
		return snt__fail_text(code, "seq send: after the shutdown");
	return snt__fail(code, "seq send");
}

/* Nothing waits, and nothing is under way. */
static bool is_idle(const struct snt__seq_outbound *out)
{
	return out->sent.open == out->sent.tail &&
	       snt__list_empty(&out->queue.reliable) &&
	       snt__list_empty(&out->queue.latest) &&
	       snt__list_empty(&out->queue.again);
}

/* 1: it can go at once. */
static int queue(struct snt_seq *seq, unsigned channel, const void *buffer,
		 size_t size)
{
	bool idle = is_idle(&seq->outbound);
	int code =
		snt__seq_outbound_send(&seq->outbound, channel, buffer, size);

	return code == 0 && idle ? 1 : code;
}

int snt_seq_send(struct snt_seq *seq, unsigned channel, const void *buffer,
		 size_t size)
{
	int64_t deadline = 0;
	int code = begin(seq);

	if (code == 0 && seq->writer != NULL &&
	    snt__seq_kind_of(channel) != SNT__SEQ_KIND_LATEST)
		code = -EBUSY;
	while (code == 0) {
		if (seq->state == SNT__SEQ_OVER)
			return snt__seq_session_fail(seq);
		code = queue(seq, channel, buffer, size);
		if (code >= 0)
			break;
		if (code != -EAGAIN)
			return refused(code, channel, size);
		seq->wanted = size;
		code = wait_in(seq, &seq->writer, &deadline);
	}
	if (code < 0)
		return fail(seq, code, "seq send");
	if (code > 0)
		snt__seq_flush(seq, snt__io->now());
	else
		snt__seq_mark_due(seq);
	snt__spend(snt__self);
	return 0;
}

static void drop_lent(struct snt_seq *seq)
{
	if (seq->lent == NULL)
		return;
	snt__seq_inbound_drop(&seq->inbound, seq->lent);
	seq->lent = NULL;
	if (seq->state == SNT__SEQ_UP &&
	    snt__seq_inbound_credit_due(&seq->inbound))
		snt__seq_mark_due(seq);
}

int snt_seq_recv(struct snt_seq *seq, struct snt_seq_message *message)
{
	int64_t deadline = 0;
	int code = begin(seq);

	if (code == 0 && seq->reader != NULL)
		code = -EBUSY;
	if (code == 0)
		drop_lent(seq);
	while (code == 0) {
		seq->lent = snt__seq_inbound_take(&seq->inbound);
		if (seq->lent != NULL || seq->fin ||
		    seq->state == SNT__SEQ_OVER)
			break;
		code = wait_in(seq, &seq->reader, &deadline);
	}
	if (code < 0)
		return fail(seq, code, "seq recv");
	if (seq->lent == NULL)
		return seq->fin ? 0 : snt__seq_session_fail(seq);
	*message = (struct snt_seq_message){
		.channel = seq->lent->channel,
		.data = seq->lent->data,
		.size = seq->lent->size,
		.missed = seq->lent->missed,
	};
	snt__spend(snt__self);
	return 1;
}

static bool is_finished(const struct snt_seq *seq)
{
	return snt__seq_outbound_finished(&seq->outbound) ||
	       (seq->state == SNT__SEQ_OVER && seq->code == 0);
}

int snt_seq_shutdown(struct snt_seq *seq)
{
	int64_t deadline = 0;
	int code = begin(seq);

	if (code == 0 && seq->writer != NULL)
		code = -EBUSY;
	if (code == 0 && seq->state == SNT__SEQ_UP) {
		seq->finishing = true;
		snt__seq_outbound_finish(&seq->outbound);
		snt__seq_mark_due(seq);
	}
	while (code == 0 && !is_finished(seq)) {
		if (seq->state == SNT__SEQ_OVER)
			return snt__seq_session_fail(seq);
		code = wait_in(seq, &seq->writer, &deadline);
	}
	return code < 0 ? fail(seq, code, "seq shutdown") : 0;
}

void snt_seq_settimeout(struct snt_seq *seq, int64_t timeout)
{
	seq->timeout = timeout < 0 ? SNT_NOWAIT : timeout;
}

int64_t snt_seq_gettimeout(const struct snt_seq *seq)
{
	return seq->timeout;
}

int snt_seq_getpeername(const struct snt_seq *seq, struct snt_addr *addr)
{
	*addr = seq->route.addr;
	return 0;
}

int snt_seq_get_info(const struct snt_seq *seq, struct snt_seq_info *info)
{
	struct snt__seq_out_info out;
	int code = snt__seq_home_check(&seq->home);

	if (code < 0)
		return snt__fail(code, "seq info");
	snt__seq_outbound_info(&seq->outbound, &out);
	*info = (struct snt_seq_info){
		.rtt = out.rtt,
		.rtt_least = out.rtt_least,
		.sent = out.sent,
		.received = seq->came,
		.lost = out.lost,
		.duplicates = seq->repeated,
		.retransmitted = out.again,
		.dropped = out.dropped,
		.window = out.window,
		.in_flight = out.in_flight,
		.queued = out.queued,
		.datagram = out.body + SNT__SEQ_HEAD +
			    (seq->seal.out.cipher != NULL ? SNT__SEQ_TAG : 0),
		.rate = out.rate,
		.sealed = seq->seal.out.cipher != NULL,
	};
	return 0;
}

static void turn_away(struct snt_fiber *fiber)
{
	if (fiber != NULL && !snt__wake(fiber, -EBADF))
		fiber->wake_code = -EBADF;
}

static void open_letter(struct snt__letter *letter)
{
	snt_seq_close(SNT__CONTAINER(letter, struct snt_seq, home.closing));
}

void snt_seq_close(struct snt_seq *seq)
{
	struct snt_seq_endpoint *own;

	if (seq == NULL || snt__seq_close_elsewhere(&seq->home, open_letter))
		return;
	own = seq->has_endpoint ? seq->endpoint : NULL;
	if (seq->endpoint != NULL)
		snt__seq_say_goodbye(seq, 0);
	if (snt__seq_is_home(&seq->home)) {
		turn_away(seq->reader);
		turn_away(seq->writer);
		seq->reader = seq->writer = NULL;
	}
	snt__seq_session_free(seq);
	snt_seq_endpoint_close(own);
}

void snt_auto_seq(struct snt_seq **seq)
{
	snt_seq_close(*seq);
	*seq = NULL;
}
