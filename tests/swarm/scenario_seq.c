/* SPDX-License-Identifier: MIT */
/*
 * Sessions over links that lose up to 40 of a hundred datagrams, double and
 * reorder them, and change how large they may be. Both ends of a session say
 * as much on a channel of each kind as they have agreed on, and look at all that
 * comes: nothing ordered or reliable twice, too early or not at all by the time
 * of the other's end; nothing latest that is older than one before. Some worlds
 * are sealed. A session that breaks has said nothing wrong until then, and
 * another one begins.
 */
#include "scenarios.h"

#include <sennit/seq.h>

#define CLIENTS 3
#define SESSIONS 3 /* of each client, that got through */
#define MOST 12000 /* bytes of a message */
#define ROUNDS 40  /* messages of a channel, at most */
#define KINDS 3

static const unsigned channels[KINDS] = { SNT_SEQ_ORDERED + 5,
					  SNT_SEQ_RELIABLE + 6,
					  SNT_SEQ_LATEST + 7 };
static const unsigned char key[SNT_SEQ_KEY] = "of all in the swarm";

struct sessions {
	struct world world;
	bool sealed;
	unsigned done[CLIENTS];
};

struct head {
	uint32_t client, session, answers, kind, number, total, size;
};

/* What one end has heard, and says. */
struct end {
	struct player *me;
	struct snt_seq *seq;
	struct head head; /* of what it says */
	struct dice dice;
	int64_t pace;
	uint32_t total; /* that the other says it sends; 0: not known yet */
	uint32_t next[KINDS];
	uint64_t seen; /* of the reliable ones */
};

static struct snt_seq_opts options(const struct player *me)
{
	const struct sessions *all = (const struct sessions *)me->world;
	struct snt_seq_opts opts = { .insecure_plain = true,
				     .message_max = MOST };

	if (all->sealed) {
		opts.key = key;
		opts.key_size = sizeof key;
	}
	return opts;
}

static uint64_t key_of(const struct head *head)
{
	return (uint64_t)head->client << 48 ^ (uint64_t)head->session << 32 ^
	       (uint64_t)head->answers << 30 ^ (uint64_t)head->kind << 24 ^
	       head->number;
}

static int say_one(struct end *end, uint32_t kind, uint32_t number)
{
	int64_t limit = end->me->world->weather.limit;
	struct head head = end->head;
	int64_t most = kind == 2 ? 3000 : MOST;
	char *bytes;
	int code;

	head.kind = kind;
	head.number = number;
	head.size = (uint32_t)draw_wide(&end->dice, sizeof head, most);
	bytes = malloc(head.size);
	if (bytes == NULL)
		abort();
	memcpy(bytes, &head, sizeof head);
	flow_fill(key_of(&head), 0, bytes + sizeof head,
		  head.size - sizeof head);
	code = TIMED(limit,
		     snt_seq_send(end->seq, channels[kind], bytes, head.size));
	free(bytes);
	return code;
}

static int say_all(void *arg)
{
	struct end *end = arg;

	for (uint32_t number = 0; number < end->head.total; number++)
		for (uint32_t kind = 0; kind < KINDS; kind++) {
			SNT_TRY(say_one(end, kind, number));
			if (draw(&end->dice, 8) == 0 &&
			    !think(&end->dice, end->pace))
				return -ECANCELED;
		}
	return TIMED(2 * SNT_MINUTE, snt_seq_shutdown(end->seq));
}

static bool fits(struct end *end, const struct head *head)
{
	uint32_t *next = &end->next[head->kind];

	if (head->kind == 0 && head->number != *next)
		return EXPECT("order", false, "%s: %u comes, not %u",
			      end->me->name, head->number, *next);
	if (head->kind == 1 && (end->seen >> head->number & 1))
		return EXPECT("twice", false, "%s: %u comes twice",
			      end->me->name, head->number);
	if (head->kind == 2 && head->number < *next)
		return EXPECT("backwards", false, "%s: %u comes after %u",
			      end->me->name, head->number, *next - 1);
	if (head->kind == 1)
		end->seen |= UINT64_C(1) << head->number;
	*next = head->kind == 1 ? *next + 1 : head->number + 1;
	return true;
}

static bool look_at(struct end *end, const struct snt_seq_message *message)
{
	struct head head;

	if (!EXPECT("bytes", message->size >= sizeof head, "%zu bytes",
		    message->size))
		return false;
	memcpy(&head, message->data, sizeof head);
	if (!EXPECT("bytes",
		    head.size == message->size && head.kind < KINDS &&
			    channels[head.kind] == message->channel &&
			    head.number < head.total &&
			    head.answers != end->head.answers,
		    "a message that nobody has sent"))
		return false;
	end->total = head.total;
	end->head.client = head.client;
	end->head.session = head.session;
	return flow_same(key_of(&head), 0, message->data + sizeof head,
			 head.size - sizeof head) &&
	       fits(end, &head);
}

static int hear_all(struct end *end)
{
	int64_t limit = 2 * SNT_MINUTE + 3 * end->me->world->weather.limit;
	struct snt_seq_message message;
	int code;

	while ((code = TIMED(limit, snt_seq_recv(end->seq, &message))) == 1) {
		if (!look_at(end, &message))
			return -EPROTO;
		if (draw(&end->dice, 16) == 0 && !think(&end->dice, end->pace))
			return -ECANCELED;
	}
	if (code == 0)
		EXPECT("missing",
		       end->total > 0 && end->next[0] == end->total &&
			       end->next[1] == end->total,
		       "%s: the end comes after %u and %u of %u messages",
		       end->me->name, end->next[0], end->next[1], end->total);
	return code;
}

/* Takes the session. */
static int talk(struct end *end)
{
	snt_auto(seq) seq = end->seq;
	struct snt_seq_message message;
	snt_auto(group) group = NULL;
	int code = 0;

	/* The server learns from the first message which session it is. */
	while (end->head.answers && code == 0 && end->total == 0) {
		code = TIMED(2 * SNT_MINUTE, snt_seq_recv(seq, &message));
		if (code <= 0)
			return code < 0 ? code : -EPROTO;
		code = look_at(end, &message) ? 0 : -EPROTO;
	}
	end->head.total = 1 + (uint32_t)draw(&end->dice, ROUNDS);
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, say_all, end, NULL)));
	SNT_TRY(hear_all(end));
	return TIMED(5 * SNT_MINUTE + 200 * end->me->world->weather.limit,
		     snt_group_wait(group));
}

struct visit {
	struct player *me;
	struct snt_seq *seq;
};

static int receive(void *arg)
{
	struct visit visit = *(struct visit *)arg;
	struct end end = { .me = visit.me,
			   .seq = visit.seq,
			   .head.answers = 1,
			   .dice = dice_of(draw(&visit.me->dice, UINT32_MAX),
					   5),
			   .pace = visit.me->world->weather.pace / 8 + 1 };

	free(arg);
	/* What becomes of one session is its client's matter. */
	talk(&end);
	return 0;
}

static int serve_sessions(struct player *me)
{
	const struct snt_group_opts opts = { .keep_going = true };
	const struct snt_seq_opts how = options(me);
	snt_auto(seq_endpoint) server = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(TIMED(SNT_MINUTE,
		      snt_seq_create_server(&server, ":7000", &how)));
	SNT_TRY(snt_group_open(&group, &opts));
	for (;;) {
		struct visit *visit = malloc(sizeof *visit);
		int code;

		if (visit == NULL)
			abort();
		visit->me = me;
		code = TIMED(0, snt_seq_accept(server, &visit->seq));
		if (code == 0) {
			code = TIMED(0, snt_spawn(group, receive, visit, NULL));
			if (code < 0)
				snt_seq_close(visit->seq);
		}
		if (code < 0)
			free(visit);
		if (code < 0 && (snt_cancelled() || code != -ENOMEM))
			return code;
	}
}

static int server(struct player *me)
{
	unsigned attempt = 0;

	do
		serve_sessions(me);
	while (again(me, &attempt));
	return 0;
}

static int ask(struct player *me, unsigned session)
{
	const struct snt_seq_opts opts = options(me);
	struct end end = { .me = me,
			   .head = { .client = me->number - 1,
				     .session = session },
			   .dice = dice_of(draw(&me->dice, UINT32_MAX), 6),
			   .pace = me->world->weather.pace / 8 + 1 };

	SNT_TRY(TIMED(SNT_MINUTE, snt_seq_create_connection(
					  &end.seq, "server:7000", &opts)));
	return talk(&end);
}

static int client(struct player *me)
{
	unsigned *done = me->state, attempt = 0;

	while (*done < SESSIONS) {
		if (ask(me, *done) == 0) {
			++*done;
			attempt = 0;
		} else if (!again(me, &attempt)) {
			return -ECANCELED;
		}
	}
	return 0;
}

static void meddle(struct world *world, bool calm)
{
	struct snt_sim_link link = world->weather.link;
	struct dice *dice = &world->dice;

	if (calm)
		return;
	link.loss = (unsigned)draw(dice, 400000);
	link.duplicate = (unsigned)draw(dice, 300000);
	link.reorder = (unsigned)draw(dice, 300000);
	link.mtu = 576 + (size_t)draw_wide(dice, 1, 9000);
	snt_sim_set_link(world->sim, NULL, NULL, &link);
}

static void set_up(struct world *world)
{
	struct sessions *all = (struct sessions *)world;

	all->sealed = draw(&world->dice, 2) == 0;
	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state = &all->done[i];
	}
}

const struct scenario scenario_seq = {
	.name = "seq",
	.about = "sessions of messages over datagrams that get lost",
	.size = sizeof(struct sessions),
	.set_up = set_up,
	.meddle = meddle,
	.rough = true,
};
