/* SPDX-License-Identifier: MIT */
/*
 * One side ends its stream, the other goes on: a visitor tells in a greeting
 * who speaks first. Both directions are known on both sides (they are in one
 * process), so an end that comes early, or that nobody made, is seen by
 * whoever meets it.
 */
#include "scenarios.h"

#define VISITORS 3
#define VISITS 6
#define MOST 30000

enum manner {
	CLIENT_FIRST, /* the server answers after the end */
	SERVER_FIRST, /* the client speaks after the server's end */
	AT_ONCE,
	MANNERS,
};

/* What one connection carries. */
struct visit {
	struct visit *next;
	uint32_t number;
	struct flow up, down;
	uint64_t up_size, down_size;
	enum manner manner;
	bool cut; /* the server was given an error */
};

struct visitor {
	unsigned done;
};

struct half_close {
	struct world world;
	struct visit *visits; /* all, the last one first */
	struct visitor visitors[VISITORS];
};

/* What a client says first: which visit this is. */
struct greeting {
	uint32_t number;
};

struct side {
	struct player *me;
	struct snt_socket *conn;
	struct flow *out, *in;
	uint64_t size; /* of what goes out */
};

static int speak(struct side *side)
{
	int64_t limit = side->me->world->weather.limit;
	struct dice *dice = &side->me->dice;
	int code = flow_send(side->out, side->conn, side->size,
			     1 + (size_t)draw(dice, 2048), limit);

	if (code < 0)
		return code;
	side->out->ending = true;
	return snt_shutdown(side->conn, SHUT_WR);
}

static int listen_to(struct side *side)
{
	int64_t limit = 4 * side->me->world->weather.limit;
	struct dice *dice = &side->me->dice;
	int code = flow_recv(side->in, side->conn, UINT64_MAX,
			     1 + (size_t)draw(dice, 2048), limit);

	return code < 0 ? code : 0;
}

static int speak_in_fiber(void *arg)
{
	return speak(arg);
}

static int both(struct side *side)
{
	snt_auto(group) group = NULL;
	int code;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, speak_in_fiber, side, NULL)));
	code = listen_to(side);
	return code < 0 ? code
			: TIMED(4 * side->me->world->weather.limit,
				snt_group_wait(group));
}

static int talk(struct side *side, enum manner manner, bool first)
{
	if (manner == AT_ONCE)
		return both(side);
	if (first) {
		SNT_TRY(speak(side));
		return listen_to(side);
	}
	SNT_TRY(listen_to(side));
	return speak(side);
}

static struct visit *find_visit(const struct half_close *all, uint32_t number)
{
	struct visit *visit = all->visits;

	while (visit != NULL && visit->number != number)
		visit = visit->next;
	EXPECT("bytes", visit != NULL, "visit %u, which there is not", number);
	return visit;
}

static int handle(struct player *me, struct snt_socket *taken)
{
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	struct greeting greeting;
	struct visit *visit;
	struct side side;
	ptrdiff_t n;
	int code;

	SNT_TRY(n = TIMED(limit,
			  snt_recv_exact(conn, &greeting, sizeof greeting)));
	if (n == 0)
		return 0;
	visit = find_visit((struct half_close *)me->world, greeting.number);
	if (visit == NULL)
		return -EPROTO;
	visit->down.loose = false;
	side = (struct side){ me, conn, &visit->down, &visit->up,
			      visit->down_size };
	code = talk(&side, visit->manner, visit->manner == SERVER_FIRST);
	/* Closing ends it, too. */
	visit->cut = code < 0;
	visit->down.ending = true;
	return code;
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };

	return serve(&service);
}

static struct visit *new_visit(struct player *me)
{
	struct half_close *all = (struct half_close *)me->world;
	struct visit *visit = keep(me->world, sizeof *visit);
	struct dice *dice = &me->dice;

	*visit = (struct visit){
		.next = all->visits,
		.number = all->visits != NULL ? all->visits->number + 1 : 1,
		.up.key = draw(dice, UINT64_MAX),
		.down.key = draw(dice, UINT64_MAX),
		.down.loose = true, /* until the server knows of it */
		.up_size = draw(dice, (uint64_t)draw_wide(dice, 1, MOST)),
		.down_size = draw(dice, (uint64_t)draw_wide(dice, 1, MOST)),
		.manner = (enum manner)draw(dice, MANNERS),
	};
	all->visits = visit;
	return visit;
}

static int visit_once(struct player *me)
{
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	struct visit *visit = new_visit(me);
	const struct greeting greeting = { visit->number };
	snt_auto(socket) conn = NULL;
	struct side side;
	int code;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&conn, "server:7000", &opts)));
	code = TIMED(opts.timeout,
		     snt_sendall(conn, &greeting, sizeof greeting));
	side = (struct side){ me, conn, &visit->up, &visit->down,
			      visit->up_size };
	if (code == 0)
		code = talk(&side, visit->manner,
			    visit->manner != SERVER_FIRST);
	visit->up.ending = true;
	if (code < 0)
		return code;
	if (visit->down.loose || visit->cut)
		return -SNT_EEND;
	EXPECT("bytes",
	       visit->down.ended && visit->down.got == visit->down_size,
	       "%s got %llu of %llu bytes", me->name,
	       (unsigned long long)visit->down.got,
	       (unsigned long long)visit->down_size);
	return 0;
}

static int client(struct player *me)
{
	struct visitor *visitor = me->state;
	unsigned attempt = 0;

	while (visitor->done < VISITS) {
		int code = visit_once(me);

		visitor->done += code == 0;
		if (code < 0 ? !again(me, &attempt)
			     : !think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static void set_up(struct world *world)
{
	struct half_close *all = (struct half_close *)world;

	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < VISITORS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state = &all->visitors[i];
	}
}

const struct scenario scenario_half_close = {
	.name = "half-close",
	.about = "one side ends its stream, the other goes on",
	.size = sizeof(struct half_close),
	.set_up = set_up,
};
