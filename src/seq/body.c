/* SPDX-License-Identifier: MIT */
/*
 * What comes in a body, frame by frame. A peer that makes no sense ends its
 * session; one datagram that there is no memory for has not come.
 */
#include "seq/session.h"

static void end_for(struct snt_seq *seq, int code)
{
	snt__seq_say_goodbye(seq, code == -SNT_ELIMIT ? 2 : 1);
	snt__seq_session_over(seq, -EPROTO,
			      code == -SNT_ELIMIT
				      ? "the peer sent more than it was allowed"
				      : "what the peer sent made no sense");
}

static void was_closed(struct snt_seq *seq, uint8_t reason)
{
	if (reason == 0)
		snt__seq_session_left(seq, -ECONNRESET,
				      "the peer closed the session");
	else
		snt__seq_session_over(seq, -EPROTO,
				      reason == 2
					      ? "the peer says that more was "
						"sent than it allowed"
					      : "the peer says that what was "
						"sent made no sense");
}

static int acknowledged(struct snt_seq *seq, const struct snt__seq_frame *frame,
			int64_t now)
{
	bool credit_lost = false;
	int code = snt__seq_outbound_acked(&seq->outbound, frame, now,
					   &credit_lost);

	if (credit_lost)
		snt__seq_inbound_credit_lost(&seq->inbound);
	return code;
}

static int take(struct snt_seq *seq, uint64_t number,
		const struct snt__seq_frame *frame, int64_t now)
{
	switch (frame->type) {
	case SNT__SEQ_ACK:
		return acknowledged(seq, frame, now);
	case SNT__SEQ_CREDIT:
		snt__seq_outbound_credit(&seq->outbound, frame->credit);
		return 0;
	case SNT__SEQ_FIN:
		seq->fin = true;
		return 0;
	case SNT__SEQ_CLOSE:
		was_closed(seq, frame->reason);
		return 0;
	case SNT__SEQ_MESSAGE:
	case SNT__SEQ_PIECE:
		/* Behind the end nothing is new. */
		if (seq->fin && snt__seq_kind_of(frame->piece.channel) ==
					SNT__SEQ_KIND_LATEST)
			return 0;
		return snt__seq_inbound_piece(&seq->inbound, number, frame);
	default:
		return 0;
	}
}

/* Whether the writer finds now what it waits for. */
static bool writer_can_go_on(const struct snt_seq *seq)
{
	if (seq->writer == NULL)
		return false;
	return seq->finishing ? snt__seq_outbound_finished(&seq->outbound)
			      : snt__seq_outbound_has_room(&seq->outbound,
							   seq->wanted);
}

static void tell(struct snt_seq *seq)
{
	if (seq->reader != NULL &&
	    (seq->fin || snt__seq_inbound_ready(&seq->inbound)))
		snt__seq_wake(seq->reader);
	if (writer_can_go_on(seq))
		snt__seq_wake(seq->writer);
}

void snt__seq_body_came(struct snt_seq *seq, uint64_t number,
			const unsigned char *body, size_t size, int64_t now)
{
	bool elicits = false;
	size_t at = 0;

	seq->heard_at = now;
	while (at < size) {
		struct snt__seq_frame frame;
		ptrdiff_t n = snt__seq_frame_read(body + at, size - at, &frame);
		int code = n < 0 ? (int)n : take(seq, number, &frame, now);

		if (seq->state == SNT__SEQ_OVER)
			return;
		if (code == -ENOMEM)
			return;
		if (code < 0) {
			end_for(seq, code);
			return;
		}
		elicits |= snt__seq_elicits(frame.type);
		at += (size_t)n;
	}
	snt__seq_received_note(&seq->received, number, elicits, now);
	tell(seq);
	snt__seq_mark_due(seq);
}
