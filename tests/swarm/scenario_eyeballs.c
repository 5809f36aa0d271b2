/* SPDX-License-Identifier: MIT */
/*
 * Happy Eyeballs: names with addresses that answer, refuse, say nothing, are
 * out of reach or nobody's, in any order and of both families, behind a
 * resolver that is slow or wrong. Where nothing else goes wrong, a name with
 * one good address leads there, and does so as soon as the race allows; one
 * without tells what became of each.
 */
#include "scenarios.h"

#include <sennit/peer.h>

#define CLIENTS 3
#define VISITS 8
#define ADDRS 4
#define DELAY (250 * SNT_MILLISECOND)

/* What an address is like. */
enum sort {
	GOOD,
	REFUSES,
	SILENT,
	UNREACHABLE,
	NOBODY,
	SORTS
};

struct name {
	char text[8];
	enum sort sorts[ADDRS];
	const char *addrs[ADDRS];
	unsigned count;
	unsigned good; /* how many are */
};

struct eyeballs {
	struct world world;
	struct name names[6];
};

static int handle(struct player *me, struct snt_socket *taken)
{
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	char buffer[512];
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv(conn, buffer, sizeof buffer))) > 0)
		SNT_TRY(TIMED(limit, snt_sendall(conn, buffer, (size_t)n)));
	return (int)n;
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };

	return serve(&service);
}

/* A host that is there, and listens to nobody. */
static int idle(struct player *me)
{
	(void)me;
	while (!snt_cancelled())
		(void)TIMED(0, snt_sleep(SNT_MINUTE));
	return 0;
}

static int converse(struct player *me, struct snt_socket *conn)
{
	struct flow up = { .key = draw(&me->dice, UINT64_MAX), .loose = true };
	struct flow down = up;
	int64_t limit = me->world->weather.limit;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t size = 1 + draw(&me->dice, 400);

		SNT_TRY(flow_send(&up, conn, size, (size_t)size, limit));
		if (flow_recv(&down, conn, size, (size_t)size, limit) != 0)
			return -SNT_EEND;
	}
	return 0;
}

/*
 * The look-up, a delay for each address that may come before the good one (the
 * resolver's order is not the name's), and a way there and back twice, should a
 * packet wait behind another's.
 */
static int64_t soon(const struct world *world, const struct name *name)
{
	const struct weather *weather = &world->weather;

	return weather->resolver.latency + weather->resolver.jitter +
	       name->count * DELAY +
	       4 * (weather->link.latency + weather->link.jitter) + SNT_SECOND;
}

/* It leads to a good one, or tells what became of each. */
static void look_at_peer(const struct player *me, const struct name *name,
			 struct snt_socket *conn)
{
	char text[SNT_ADDR_TEXT];
	struct snt_addr peer;

	if (conn == NULL) {
		for (unsigned i = 0; i < name->count; i++)
			EXPECT("words", strstr(snt_errmsg(), name->addrs[i]),
			       "%s: %s failed, but: %s", me->name,
			       name->addrs[i], snt_errmsg());
		return;
	}
	if (snt_getpeername(conn, &peer) < 0)
		return;
	snt_addr_format(&peer, text, sizeof text);
	EXPECT("peer",
	       strstr(text, "10.1.0.1:") != NULL ||
		       strstr(text, "fd01::1]") != NULL,
	       "%s: %s led to %s", me->name, name->text, text);
}

static void look_at_result(struct player *me, const struct name *name, int code,
			   int64_t began)
{
	int64_t took = snt_now() - began;

	if (!me->world->weather.calm || snt_cancelled())
		return;
	EXPECT("eyeballs", code == 0 || name->good == 0,
	       "%s: %s, though it has a good address: %s", me->name, name->text,
	       code < 0 ? snt_errmsg() : "");
	EXPECT("eyeballs", code < 0 || name->good > 0,
	       "%s: %s led somewhere, without a good address", me->name,
	       name->text);
	EXPECT("eyeballs", code < 0 || took <= soon(me->world, name),
	       "%s: %s took %lld ms", me->name, name->text,
	       (long long)(took / SNT_MILLISECOND));
}

static int visit(struct player *me, const struct name *name)
{
	/* Longer than any address takes to say no, but for silence. */
	const struct snt_connection_opts opts = { .timeout = 10 * SNT_SECOND,
						  .attempt_delay = DELAY };
	snt_auto(socket) conn = NULL;
	int64_t began = snt_now();
	char text[24];
	int code;

	snprintf(text, sizeof text, "%s:7000", name->text);
	code = TIMED(0, snt_create_connection(&conn, text, &opts));
	EXPECT("late",
	       me->resumed_at > began ||
		       snt_now() - began <= opts.timeout + SNT_SECOND,
	       "%s: a connection's own timeout", me->name);
	look_at_result(me, name, code, began);
	if (me->world->weather.calm && !snt_cancelled())
		look_at_peer(me, name, conn);
	if (code == 0)
		code = converse(me, conn);
	/* One that cannot succeed is done with, whatever it said. */
	return name->good == 0 ? 0 : code;
}

static int client(struct player *me)
{
	struct eyeballs *all = (struct eyeballs *)me->world;
	unsigned *done = me->state, attempt = 0;

	while (*done < VISITS) {
		const struct name *name =
			&all->names[draw(&me->dice, COUNT(all->names))];
		int code = visit(me, name);

		*done += code == 0;
		if (code < 0 ? !again(me, &attempt)
			     : !think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static void name_one(struct world *world, struct name *name, unsigned number)
{
	static const char *const four[] = { "10.1.0.1", "10.1.0.2", "10.1.0.3",
					    "10.1.0.4", "10.9.9.9" };
	static const char *const six[] = { "fd01::1", "fd01::2", "fd01::3",
					   "fd01::4", "fd09::9" };
	char text[128] = "";

	snprintf(name->text, sizeof name->text, "name%u", number);
	name->count = 1 + (unsigned)draw(&world->dice, ADDRS);
	for (unsigned i = 0; i < name->count; i++) {
		enum sort sort = (enum sort)draw(&world->dice, SORTS);
		size_t end = strlen(text);

		name->sorts[i] = sort;
		name->good += sort == GOOD;
		name->addrs[i] =
			draw(&world->dice, 2) == 0 ? four[sort] : six[sort];
		snprintf(text + end, sizeof text - end, "%s%s",
			 i > 0 ? " " : "", name->addrs[i]);
	}
	if (snt_sim_set_name(world->sim, name->text, text) < 0)
		snt_sim_fail("swarm", "%s", snt_errmsg());
}

static struct player *add_target(struct world *world, const char *name,
				 enum sort sort)
{
	static const char *const four[] = { "10.1.0.1", "10.1.0.2", "10.1.0.3",
					    "10.1.0.4" };
	static const char *const six[] = { "fd01::1", "fd01::2", "fd01::3",
					   "fd01::4" };
	struct snt_sim_host_opts opts = world->weather.host;
	struct player *player;

	opts.ipv4 = four[sort];
	opts.ipv6 = six[sort];
	player = add_player_with(world, name, sort == GOOD ? server : idle,
				 &opts);
	player->serves = true;
	return player;
}

/* Silent and out of reach they stay, whatever the weather. */
static void set_links(struct world *world, bool calm)
{
	struct snt_sim_link link = world->weather.link;

	if (calm)
		link = (struct snt_sim_link){ .latency = link.latency };
	link.silent = true;
	snt_sim_set_link(world->sim, NULL, world->players[SILENT].host, &link);
	link.silent = false;
	link.unreachable = true;
	snt_sim_set_link(world->sim, NULL, world->players[UNREACHABLE].host,
			 &link);
}

static void set_up(struct world *world)
{
	struct eyeballs *all = (struct eyeballs *)world;

	add_target(world, "good", GOOD);
	add_target(world, "refuses", REFUSES);
	add_target(world, "silent", SILENT);
	add_target(world, "unreachable", UNREACHABLE);
	set_links(world, false);
	for (unsigned i = 0; i < COUNT(all->names); i++)
		name_one(world, &all->names[i], i);
	/* So that everybody gets done. */
	all->names[0].good++;
	if (snt_sim_set_name(world->sim, "name0", "10.1.0.3 10.1.0.1") < 0)
		snt_sim_fail("swarm", "%s", snt_errmsg());
	all->names[0].count = 2;
	all->names[0].sorts[0] = SILENT;
	all->names[0].sorts[1] = GOOD;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client)->state =
			keep(world, sizeof(unsigned));
	}
}

const struct scenario scenario_eyeballs = {
	.name = "eyeballs",
	.about = "names of good and bad addresses, raced",
	.size = sizeof(struct eyeballs),
	.set_up = set_up,
	.rough = true,
};
