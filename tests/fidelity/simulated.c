/* SPDX-License-Identifier: MIT */
/*
 * The simulated world of a row: a host that the row is the program of, and
 * whose only way is its loopback. Where the row starts peers there is another
 * host for them, and a way between the two; a peer is killed by SIGKILL, so
 * that its host's kernel closes what it had open.
 */
#include "fidelity.h"

#include "io/io.h"

#include <sennit/sim.h>
#include <signal.h>
#include <stdio.h>

/* One row's play, in the world that runs. */
struct play {
	const struct fidelity_subject *subject;
	const struct fidelity_row *row;
	struct stage *stage;
	int code;
	char why[256];
};

/* The peer's host, in the world that runs; there is one at a time. */
static struct {
	struct snt_sim_host *mine, *host;
	fidelity_peer *fn;
	struct snt_addr addr;
} peer;

static int run_peer(void *arg)
{
	(void)arg;
	return peer.fn(&peer.addr);
}

static int peer_start(fidelity_peer *fn, const struct snt_addr *addr)
{
	struct snt_sim_host *host = peer.host;

	/* Unix sockets do not leave their host; which runs the row. */
	if (addr->sa.any.sa_family == AF_UNIX)
		host = peer.mine;
	else if (peer.fn != NULL)
		SNT_TRY(snt_sim_join(host, NULL));
	peer.fn = fn;
	peer.addr = *addr;
	return snt_sim_start(host, run_peer, NULL);
}

static void peer_kill(void)
{
	snt_sim_signal(peer.host, SIGKILL);
}

static void close_one(int fd)
{
	snt__io->close(fd);
}

static const struct fidelity_world simulated = {
	.name = "simulated",
	.ipv4 = "10.0.0.1:0",
	.ipv6 = "[fd00::1]:0",
	.peer_start = peer_start,
	.peer_kill = peer_kill,
	.close = close_one,
};

static int run_row(void *arg)
{
	struct play *play = arg;

	play->code = fidelity_play(play->row, play->stage);
	if (play->code < 0)
		snprintf(play->why, sizeof play->why, "%s", snt_errmsg());
	return 0;
}

static int direct(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_host_opts alone = { .ipv4 = "", .ipv6 = "" };
	struct play *play = arg;
	bool peers = play->subject->peers;

	memset(&peer, 0, sizeof peer);
	SNT_TRY(snt_sim_add(sim, &peer.mine, "row", peers ? NULL : &alone));
	if (peers)
		SNT_TRY(snt_sim_add(sim, &peer.host, "peer", NULL));
	SNT_TRY(snt_sim_start(peer.mine, run_row, play));
	SNT_TRY(snt_sim_join(peer.mine, NULL));
	if (peers)
		peer_kill();
	return 0;
}

int fidelity_simulated_play(const struct fidelity_subject *subject,
			    const struct fidelity_row *row,
			    const struct snt_sim_opts *opts, struct stage *s)
{
	struct play play = { .subject = subject, .row = row, .stage = s };

	memset(s, 0, sizeof *s);
	s->world = &simulated;
	s->folder = "/row";
	SNT_TRY(snt_sim_run(direct, &play, opts, NULL));
	s->folder = NULL;
	return play.code < 0 ? snt_fail(play.code, "%s", play.why) : 0;
}
