/* SPDX-License-Identifier: MIT */
/*
 * Four clients and an echo server that talk over TLS, some of them through a
 * host that carries their bytes and cannot be trusted: it changes one, swallows
 * one, says one twice, or ends the stream as if that were all. Whatever happens,
 * each byte that is received is the one that was sent, and an end is heard only
 * where the other side has said goodbye.
 */
#include "scene.h"
#include "scenarios.h"
#include "tls_identity.h"

#include <sennit/options.h>
#include <sennit/tls.h>

#define CLIENTS 4
#define TALKS 3 /* that each client gets through */
#define FLOW_MOST 40000
#define TRIES 4096

/* What is known of a client, whatever becomes of its host. */
struct tls_client {
	unsigned number;
	unsigned done;  /* talks */
	unsigned count; /* of those it began */
	/* In which of these it, and the server, said goodbye. */
	bool said[TRIES], heard[TRIES];
};

struct tls_world {
	struct world world;
	struct tls_client clients[CLIENTS];
};

/* What a client says first: whose bytes follow, how many, and how it ends. */
struct greeting {
	uint64_t key;
	uint32_t size;
	uint32_t plain; /* bytes both ways after an unwrap; 0: none */
	uint32_t client;
	uint32_t talk; /* of its client */
};

static int open_server(struct snt_tls_context **ret_context, struct dice *dice)
{
	snt_auto(tls_context) context = NULL;
	const struct snt_tls_opts opts = {
		.maximum_version = draw(dice, 4) == 0 ? SNT_TLS_1_2 : 0,
		.no_resumption = draw(dice, 2) == 0,
	};

	SNT_TRY(snt_create_default_context(&context, SNT_TLS_SERVER, &opts));
	SNT_TRY(snt_load_cert_chain_data(context, tls_certificate,
					 sizeof tls_certificate - 1, tls_key,
					 sizeof tls_key - 1, NULL));
	*ret_context = context;
	context = NULL;
	return 0;
}

static int open_client(struct snt_tls_context **context)
{
	const struct snt_tls_opts opts = {
		.cadata = tls_certificate,
		.cadata_size = sizeof tls_certificate - 1,
	};

	return snt_create_default_context(context, SNT_TLS_CLIENT, &opts);
}

/* Gives back so many bytes of that flow, in pieces. 1: the end came instead. */
static int give_back(struct snt_socket *conn, uint64_t key, uint64_t size,
		     int64_t patience)
{
	char buffer[2048];
	uint64_t at = 0;

	while (at < size) {
		size_t most = (size_t)MINIMUM(sizeof buffer, size - at);
		ptrdiff_t n = TIMED(patience, snt_recv(conn, buffer, most));

		if (n <= 0)
			return n < 0 ? (int)n : 1;
		if (!flow_same(key, at, buffer, (size_t)n))
			return -EPROTO;
		SNT_TRY(TIMED(patience, snt_sendall(conn, buffer, (size_t)n)));
		at += (uint64_t)n;
	}
	return 0;
}

/* The end comes after a goodbye; and so it is answered. */
static int take_leave(struct snt_socket *conn, struct tls_client *client,
		      unsigned talk, int64_t patience)
{
	char byte;
	ptrdiff_t n = TIMED(patience, snt_recv(conn, &byte, 1));

	EXPECT("bytes", n <= 0, "server: a byte that nobody sent");
	EXPECT("truncated", n != 0 || client->said[talk],
	       "server: an end without a goodbye");
	if (n != 0)
		return (int)n;
	client->heard[talk] = true;
	return snt_shutdown(conn, SHUT_WR);
}

static int answer(struct player *me, struct snt_socket *conn,
		  struct greeting *greeting)
{
	/* One that fell silent may be gone. */
	int64_t patience = 4 * me->world->weather.limit;
	struct tls_world *world = (struct tls_world *)me->world;
	ptrdiff_t n;
	int code;

	n = TIMED(patience, snt_recv_exact(conn, greeting, sizeof *greeting));
	if (n <= 0)
		return (int)n;
	if (!EXPECT("bytes",
		    greeting->client < CLIENTS && greeting->talk < TRIES,
		    "server: a greeting that nobody sent"))
		return -EPROTO;
	code = give_back(conn, greeting->key, greeting->size, patience);
	if (code != 0)
		return code;
	if (greeting->plain > 0) {
		SNT_TRY(TIMED(patience, snt_unwrap(conn)));
		return give_back(conn, greeting->key, greeting->plain,
				 patience);
	}
	return take_leave(conn, &world->clients[greeting->client],
			  greeting->talk, patience);
}

/* A close says goodbye to whoever still listens. */
static int handle(struct player *me, struct snt_socket *taken)
{
	struct tls_world *world = (struct tls_world *)me->world;
	snt_auto(socket) conn = taken;
	struct greeting greeting = { .client = CLIENTS };
	struct snt_scope scope;
	int code;

	/* Who came twice, and was heard at another address first, goes away
	 * without a word. */
	snt_timeout_begin(&scope, 4 * me->world->weather.limit);
	code = snt_do_handshake(conn);
	snt_scope_end(&scope);
	if (code == 0)
		code = answer(me, conn, &greeting);
	if (greeting.client < CLIENTS)
		world->clients[greeting.client].heard[greeting.talk] = true;
	return code;
}

static int server(struct player *me)
{
	snt_auto(tls_context) context = NULL;
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle };
	unsigned attempt = 0;

	while (open_server(&context, &me->dice) < 0)
		if (!again(me, &attempt))
			return 0;
	service.opts.tls = context;
	return serve(&service);
}

/* What the carrier does to one direction of a connection, once. */
enum harm {
	HARM_NONE,
	HARM_CHANGE,
	HARM_SWALLOW,
	HARM_REPEAT,
	HARM_END,
	HARM_RESET,
	HARMS
};

struct carriage {
	struct player *me;
	struct snt_socket *from, *to;
	enum harm harm;
	uint64_t at;   /* the byte it happens to */
	uint64_t past; /* bytes carried */
	unsigned bit;
};

static int pass(struct carriage *way, const char *bytes, size_t size)
{
	int64_t patience = 4 * way->me->world->weather.limit;

	return size > 0 ? TIMED(patience, snt_sendall(way->to, bytes, size))
			: 0;
}

/* The bytes up to the one that is harmed, and what becomes of it. */
static int pass_harmed(struct carriage *way, char *bytes, size_t size)
{
	size_t before = (size_t)(way->at - way->past);
	enum harm harm = way->harm;

	way->harm = HARM_NONE;
	switch (harm) {
	case HARM_CHANGE:
		bytes[before] ^= (char)(1u << way->bit);
		return pass(way, bytes, size);
	case HARM_SWALLOW:
		SNT_TRY(pass(way, bytes, before));
		return pass(way, bytes + before + 1, size - before - 1);
	case HARM_REPEAT:
		SNT_TRY(pass(way, bytes, before + 1));
		return pass(way, bytes + before, size - before);
	case HARM_END:
		SNT_TRY(pass(way, bytes, before));
		return snt_fail(-ECONNABORTED, "the carrier ends it");
	default:
		SNT_TRY(pass(way, bytes, before));
		(void)!snt_set_linger(way->to, true, 0);
		return snt_fail(-ECONNABORTED, "the carrier resets it");
	}
}

static int carry(void *arg)
{
	struct carriage *way = arg;
	int64_t patience = 4 * way->me->world->weather.limit;
	char bytes[1500];
	ptrdiff_t n;

	while ((n = TIMED(patience, snt_recv(way->from, bytes, sizeof bytes))) >
	       0) {
		bool here = way->harm != HARM_NONE &&
			    way->at < way->past + (uint64_t)n;
		int code = here ? pass_harmed(way, bytes, (size_t)n)
				: pass(way, bytes, (size_t)n);

		if (code < 0)
			return code;
		way->past += (uint64_t)n;
	}
	return n < 0 ? (int)n : snt_shutdown(way->to, SHUT_WR);
}

/* Where nothing goes wrong it is honest. */
static void draw_harm(struct carriage *way, struct dice *dice)
{
	if (way->me->world->weather.sound)
		return;
	way->harm = (enum harm)draw(dice, HARMS);
	way->at = (uint64_t)draw_wide(dice, 1, 60000) - 1;
	way->bit = (unsigned)draw(dice, 8);
}

static int carry_both(struct player *me, struct snt_socket *taken)
{
	snt_auto(socket) conn = taken;
	snt_auto(socket) onward = NULL;
	struct snt_connection_opts opts = { .timeout =
						    me->world->weather.limit };
	struct carriage there = { .me = me }, back = { .me = me };
	snt_auto(group) group = NULL;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&onward, "server:7000", &opts)));
	there.from = back.to = conn;
	there.to = back.from = onward;
	draw_harm(draw(&me->dice, 2) == 0 ? &there : &back, &me->dice);
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, carry, &there, NULL)));
	SNT_TRY(TIMED(0, snt_spawn(group, carry, &back, NULL)));
	return TIMED(0, snt_group_wait(group));
}

static int carrier(struct player *me)
{
	struct service service = { .me = me,
				   .address = ":7001",
				   .handle = carry_both };

	return serve(&service);
}

/* A client's connection; its receiver is a fiber of its own. */
struct talk {
	struct player *me;
	struct snt_socket *conn;
	struct greeting greeting;
};

static int take_back(void *arg)
{
	const struct talk *talk = arg;
	const struct tls_client *client = talk->me->state;
	int64_t limit = 4 * talk->me->world->weather.limit;
	char buffer[3000];
	uint64_t at = 0;

	while (at < talk->greeting.size) {
		size_t most = (size_t)MINIMUM(sizeof buffer,
					      talk->greeting.size - at);
		ptrdiff_t n = TIMED(limit, snt_recv(talk->conn, buffer, most));

		if (n < 0)
			return (int)n;
		if (n == 0 && client->heard[talk->greeting.talk])
			return -SNT_EEND;
		if (!EXPECT("truncated", n > 0,
			    "%s: an end after %llu of %u bytes", talk->me->name,
			    (unsigned long long)at, talk->greeting.size) ||
		    !flow_same(talk->greeting.key, at, buffer, (size_t)n))
			return -EPROTO;
		at += (uint64_t)n;
	}
	return 0;
}

static int send_flow(struct talk *talk, uint64_t size)
{
	struct flow flow = { .key = talk->greeting.key };
	/* A record each, and not too many of them: thousands in one instant
	 * are told by the clock, and over a slow line they take minutes. */
	size_t piece = (size_t)(size / 200 + 1) +
		       (size_t)draw_wide(&talk->me->dice, 1, 20000);

	return flow_send(&flow, talk->conn, size, piece,
			 4 * talk->me->world->weather.limit);
}

/* Both have said goodbye to TLS; what follows is as on any connection. */
static int talk_plainly(struct talk *talk)
{
	int64_t limit = 4 * talk->me->world->weather.limit;
	/* Without TLS nobody can tell an end that is none. */
	struct flow back = { .key = talk->greeting.key, .loose = true };

	SNT_TRY(TIMED(limit, snt_unwrap(talk->conn)));
	SNT_TRY(send_flow(talk, talk->greeting.plain));
	return flow_recv(&back, talk->conn, talk->greeting.plain, 1000, limit);
}

static int say_goodbye(struct talk *talk)
{
	int64_t limit = talk->me->world->weather.limit;
	struct tls_client *client = talk->me->state;
	ptrdiff_t n;
	char byte;

	client->said[talk->greeting.talk] = true;
	SNT_TRY(snt_shutdown(talk->conn, SHUT_WR));
	n = TIMED(limit, snt_recv(talk->conn, &byte, 1));
	EXPECT("bytes", n <= 0, "%s: a byte that nobody sent", talk->me->name);
	EXPECT("truncated", n != 0 || client->heard[talk->greeting.talk],
	       "%s: an end without a goodbye", talk->me->name);
	return (int)n;
}

static int talk_at_once(struct talk *talk)
{
	snt_auto(group) group = NULL;
	int64_t limit = 4 * talk->me->world->weather.limit;

	SNT_TRY(TIMED(limit, snt_sendall(talk->conn, &talk->greeting,
					 sizeof talk->greeting)));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(TIMED(0, snt_spawn(group, take_back, talk, NULL)));
	SNT_TRY(send_flow(talk, talk->greeting.size));
	SNT_TRY(TIMED(0, snt_group_wait(group)));
	return 0;
}

static int talk_once(struct player *me, struct snt_tls_context *context)
{
	struct tls_client *client = me->state;
	bool carried = draw(&me->dice, 2) == 0;
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit,
		.tls = context,
		.server_hostname = "server",
	};
	snt_auto(socket) conn = NULL;
	struct talk talk = { .me = me };
	int code;

	talk.greeting = (struct greeting){
		.key = draw(&me->dice, UINT64_MAX),
		.size = (uint32_t)draw_wide(&me->dice, 1, FLOW_MOST),
		.plain = !carried && draw(&me->dice, 3) == 0
				 ? (uint32_t)draw_wide(&me->dice, 1, 5000)
				 : 0,
		.client = client->number,
		.talk = client->count++ % TRIES,
	};
	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(
			      &conn, carried ? "carrier:7001" : "server:7000",
			      &opts)));
	talk.conn = conn;
	code = talk_at_once(&talk);
	if (code == 0)
		code = talk.greeting.plain > 0 ? talk_plainly(&talk)
					       : say_goodbye(&talk);
	client->said[talk.greeting.talk] = true;
	return code;
}

static int client(struct player *me)
{
	snt_auto(tls_context) context = NULL;
	struct tls_client *client = me->state;
	unsigned attempt = 0;

	while (client->done < TALKS) {
		int code = context == NULL ? open_client(&context) : 0;

		if (code == 0)
			code = talk_once(me, context);
		if (code < 0 && !again(me, &attempt))
			return -ECANCELED;
		client->done += code >= 0;
	}
	return 0;
}

static void set_up(struct world *world)
{
	struct tls_world *tls = (struct tls_world *)world;

	add_player(world, "server", server)->serves = true;
	add_player(world, "carrier", carrier)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		tls->clients[i].number = i;
		add_player(world, name, client)->state = &tls->clients[i];
	}
}

const struct scenario scenario_tls = {
	.name = "tls",
	.about = "TLS, also past a host that changes bytes and ends streams",
	.size = sizeof(struct tls_world),
	.set_up = set_up,
};
