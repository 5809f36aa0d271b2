/* SPDX-License-Identifier: MIT */
/*
 * A server of several threads: connections are accepted on one and dealt to
 * workers, or each worker listens for itself on a shared port; questions go
 * through a channel to threads that compute, or to the offload pool, and
 * answers come back by another. Each question is answered once, to whom it was
 * asked by.
 */
#include "scenarios.h"

#include <sennit/sync.h>
#include <sennit/workers.h>

#define CLIENTS 3
#define QUESTIONS 12
#define PLACES 2

enum manner {
	DEALT,
	SHARED,
	MANNERS
};

struct threads {
	struct world world;
	unsigned done[CLIENTS];
	enum manner manner;
	bool offloads;
	unsigned computers;
};

/* One life of the server. */
struct office {
	struct player *me;
	struct snt_workers *workers;
	struct snt_channel *questions;
	struct snt_semaphore *places; /* for those who compute at a time */
	struct snt_mutex *mutex;      /* of what follows */
	unsigned busy;
	bool held;
};

struct question {
	uint64_t value;
	struct snt_channel *answers;
};

static uint64_t compute(uint64_t value)
{
	return (value ^ value >> 7) * 2654435761u;
}

static int compute_here(void *arg)
{
	uint64_t *value = arg;

	*value = compute(*value);
	return 0;
}

/* One more that computes, or one fewer. */
static int count(struct office *office, unsigned more)
{
	SNT_TRY(TIMED(SNT_MINUTE, snt_mutex_lock(office->mutex)));
	EXPECT("mutex", !office->held, "two threads hold it");
	office->held = true;
	office->busy += more;
	EXPECT("semaphore", office->busy <= PLACES, "%u of %u places",
	       office->busy, PLACES);
	/* Others may come here meanwhile. */
	(void)TIMED(0, snt_yield());
	office->held = false;
	return snt_mutex_unlock(office->mutex);
}

static int compute_in_place(struct office *office, uint64_t *value)
{
	int code;

	SNT_TRY(TIMED(SNT_MINUTE, snt_semaphore_acquire(office->places)));
	code = count(office, 1);
	if (code == 0) {
		*value = compute(*value);
		do {
			snt_cleanup_scope(SNT_SECOND);
			code = count(office, -1u);
		} while (code == -ENOMEM || code == -EMFILE || code == -ENFILE);
	}
	snt_semaphore_release(office->places);
	return code;
}

/* A thread that answers. */
static int run_computer(void *arg)
{
	struct office *office = arg;
	struct question question;
	int code;

	while ((code = TIMED(0, snt_channel_recv(office->questions,
						 &question))) == 1) {
		code = compute_in_place(office, &question.value);
		/* Whoever asked waits for something. There is room for it. */
		snt_cleanup_scope(SNT_SECOND);
		(void)TIMED(
			0, snt_channel_send(question.answers, &question.value));
		if (code < 0)
			break;
	}
	return code;
}

/* The answers' channel must outlive a question that is under way, so who has
 * asked waits for the answer whatever happens. */
static int ask_thread(struct office *office, struct snt_channel *answers,
		      uint64_t *value)
{
	struct question question = { *value, answers };

	SNT_TRY(TIMED(0, snt_channel_send(office->questions, &question)));
	for (;;) {
		snt_cleanup_scope(SNT_MINUTE);
		int code = TIMED(SNT_MINUTE, snt_channel_recv(answers, value));

		if (code == 1)
			return 0;
		EXPECT("answer",
		       code == -ENOMEM || code == -EMFILE || code == -ENFILE,
		       "a thread does not answer: %d", code);
		if (code == -ETIMEDOUT)
			return code;
	}
}

static int answer_all(struct office *office, struct snt_socket *conn,
		      struct snt_channel *answers)
{
	struct threads *all = (struct threads *)office->me->world;
	int64_t limit = 4 * office->me->world->weather.limit;
	uint64_t value;
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv_exact(conn, &value, sizeof value))) >
	       0) {
		if (all->offloads)
			SNT_TRY(TIMED(0,
				      snt_offload(compute_here, &value, NULL)));
		else
			SNT_TRY(ask_thread(office, answers, &value));
		SNT_TRY(TIMED(limit, snt_sendall(conn, &value, sizeof value)));
	}
	return (int)n;
}

struct charge {
	struct office *office;
	struct snt_socket *conn;
};

static int serve_charge(void *arg)
{
	struct charge charge = *(struct charge *)arg;
	snt_auto(socket) conn = charge.conn;
	snt_auto(channel) answers = NULL;

	free(arg);
	if (snt_channel_open(&answers, sizeof(uint64_t), 1) == 0)
		answer_all(charge.office, conn, answers);
	return 0;
}

static struct charge *new_charge(struct office *office, struct snt_socket *conn)
{
	struct charge *charge = malloc(sizeof *charge);

	if (charge == NULL)
		abort();
	*charge = (struct charge){ office, conn };
	return charge;
}

/* To whichever worker. Takes the connection. */
static int deal(struct office *office, struct snt_socket *conn)
{
	struct charge *charge = new_charge(office, conn);
	int code = snt_release(conn);

	if (code == 0)
		code = TIMED(0, snt_workers_spawn(office->workers, serve_charge,
						  charge, NULL));
	if (code < 0) {
		snt_close(conn);
		free(charge);
	}
	return code;
}

/* One that has been waited for here; another thread goes on with it. */
static int greet_and_deal(void *arg)
{
	struct charge charge = *(struct charge *)arg;
	int64_t limit = 4 * charge.office->me->world->weather.limit;

	free(arg);
	if (TIMED(limit, snt_wait_readable(charge.conn)) < 0)
		snt_close(charge.conn);
	else
		(void)deal(charge.office, charge.conn);
	return 0;
}

static int accept_and_deal(struct office *office)
{
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(TIMED(SNT_MINUTE, snt_create_server(&server, ":7000", NULL)));
	SNT_TRY(snt_group_open(&group, NULL));
	for (;;) {
		struct snt_socket *conn;
		struct charge *charge;
		int code;

		SNT_TRY(TIMED(0, snt_accept(server, &conn)));
		if (draw(&office->me->dice, 2) == 0) {
			SNT_TRY(deal(office, conn));
			continue;
		}
		charge = new_charge(office, conn);
		code = TIMED(0, snt_spawn(group, greet_and_deal, charge, NULL));
		if (code < 0) {
			snt_close(conn);
			free(charge);
			return code;
		}
	}
}

/* A worker that has a listener of its own. */
static int accept_and_serve(void *arg)
{
	const struct snt_server_opts opts = { .join_port = true };
	const struct snt_group_opts all = { .keep_going = true };
	struct office *office = arg;
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(TIMED(SNT_MINUTE, snt_create_server(&server, ":7000", &opts)));
	SNT_TRY(snt_group_open(&group, &all));
	for (;;) {
		struct charge *charge;
		struct snt_socket *conn;
		int code;

		SNT_TRY(TIMED(0, snt_accept(server, &conn)));
		charge = new_charge(office, conn);
		code = TIMED(0, snt_spawn(group, serve_charge, charge, NULL));
		if (code < 0) {
			snt_close(conn);
			free(charge);
			return code;
		}
	}
}

static int share(struct office *office)
{
	const struct snt_server_opts opts = { .share_port = true };
	snt_auto(socket) server = NULL;

	SNT_TRY(TIMED(SNT_MINUTE, snt_create_server(&server, ":7000", &opts)));
	SNT_TRY(snt_workers_spawn_each(office->workers, accept_and_serve,
				       office, NULL));
	/* What was queued here would wait for nobody. */
	snt_close(server);
	server = NULL;
	return TIMED(0, snt_workers_wait(office->workers));
}

static int work(struct office *office)
{
	struct threads *all = (struct threads *)office->me->world;
	const struct snt_workers_opts opts = { .count = 1 + (int)all->computers,
					       .keep_going = false };
	const struct snt_workers_opts few = { .count = (int)all->computers };
	snt_auto(channel) questions = NULL;
	snt_auto(semaphore) places = NULL;
	snt_auto(mutex) mutex = NULL;
	snt_auto(workers) computers = NULL;
	snt_auto(workers) workers = NULL;

	SNT_TRY(snt_channel_open(&questions, sizeof(struct question), 2));
	SNT_TRY(snt_semaphore_open(&places, PLACES));
	SNT_TRY(snt_mutex_open(&mutex));
	office->questions = questions;
	office->places = places;
	office->mutex = mutex;
	SNT_TRY(snt_workers_open(&computers, &few));
	SNT_TRY(snt_workers_spawn_each(computers, run_computer, office, NULL));
	SNT_TRY(snt_workers_open(&workers, &opts));
	office->workers = workers;
	return all->manner == DEALT ? accept_and_deal(office) : share(office);
}

static int server(struct player *me)
{
	unsigned attempt = 0;

	do {
		struct office office = { .me = me };

		work(&office);
	} while (again(me, &attempt));
	return 0;
}

static int ask_some(struct player *me)
{
	struct threads *all = (struct threads *)me->world;
	unsigned *done = &all->done[me->number - 1];
	int64_t limit = me->world->weather.limit;
	const struct snt_connection_opts opts = { .timeout = limit };
	snt_auto(socket) conn = NULL;

	SNT_TRY(TIMED(limit,
		      snt_create_connection(&conn, "server:7000", &opts)));
	while (*done < QUESTIONS && draw(&me->dice, 6) > 0) {
		uint64_t value = draw(&me->dice, UINT64_MAX);
		uint64_t answer;
		ptrdiff_t n;

		SNT_TRY(TIMED(limit, snt_sendall(conn, &value, sizeof value)));
		SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, &answer,
							sizeof answer)));
		if (n == 0)
			return -SNT_EEND;
		EXPECT("bytes", answer == compute(value),
		       "%s is told what another has asked", me->name);
		++*done;
		if (!think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static int client(struct player *me)
{
	struct threads *all = (struct threads *)me->world;
	unsigned *done = &all->done[me->number - 1], attempt = 0;

	while (*done < QUESTIONS)
		if (ask_some(me) < 0 && !again(me, &attempt))
			return -ECANCELED;
	return 0;
}

static void set_up(struct world *world)
{
	struct threads *all = (struct threads *)world;

	all->manner = (enum manner)draw(&world->dice, MANNERS);
	/* A shared port's queue is lost with the listener it was dealt to. */
	world->rough = all->manner == SHARED;
	all->offloads = draw(&world->dice, 2) == 0;
	all->computers = 1 + (unsigned)draw(&world->dice, 3);
	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client);
	}
}

const struct scenario scenario_workers = {
	.name = "workers",
	.about = "connections, questions and answers across threads",
	.size = sizeof(struct threads),
	.set_up = set_up,
};
