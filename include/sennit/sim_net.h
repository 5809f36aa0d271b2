/* SPDX-License-Identifier: MIT */
/*
 * What a simulated network is like, and what goes wrong in it; see sim.h. All
 * of it may be changed while the world runs, by the director or any program,
 * and holds for what begins its way from then on. Chances are given in so many
 * of a million.
 */
#ifndef SENNIT_SIM_NET_H
#define SENNIT_SIM_NET_H

#include <sennit/sim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: packets arrive at once, in order, all of them. What a world begins
 * with is latency 100 us and an mtu of 1,500. */
struct snt_sim_link {
	int64_t latency;
	int64_t jitter;     /* up to so much more, each packet by chance */
	uint64_t bandwidth; /* bytes a second; 0: without limit */
	size_t mtu;         /* of IP packets; 0: 1,500; at least 576 */
	unsigned loss;
	unsigned duplicate;
	unsigned reorder; /* waits until after the next ones */
	unsigned reset;   /* TCP packets that a box on the way answers with a
			     reset to both sides */
	unsigned stall;   /* waits for 1 to 20 seconds */
	/* Nothing passes: in silence, or with "host unreachable" (ICMP). */
	bool silent;
	bool unreachable;
};

/* The link between two hosts, both ways; from `from` to `to` only. A NULL is
 * every host, those to come included. */
SNT_API void snt_sim_set_link(struct snt_sim *sim, struct snt_sim_host *a,
			      struct snt_sim_host *b,
			      const struct snt_sim_link *link);
SNT_API void snt_sim_set_link_one_way(struct snt_sim *sim,
				      struct snt_sim_host *from,
				      struct snt_sim_host *to,
				      const struct snt_sim_link *link);

/* Between these hosts and all others nothing passes, in silence, whatever the
 * links are. A later partition stands beside an earlier one. -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_sim_partition(struct snt_sim *sim,
					     struct snt_sim_host *const *hosts,
					     size_t count);
/* Ends all partitions. */
SNT_API void snt_sim_heal(struct snt_sim *sim);

/* One more name, for addresses separated by spaces, in the order a look-up
 * gives them; they need not be any host's. "": it has no address any more.
 * -EINVAL, -ENOMEM. */
SNT_API SNT_MUST_CHECK int
snt_sim_set_name(struct snt_sim *sim, const char *name, const char *addrs);

struct snt_sim_resolver {
	int64_t latency; /* of a look-up; begins as 1 ms */
	int64_t jitter;
	unsigned fail;  /* -SNT_ERESOLVE */
	unsigned wrong; /* another host's address, or nobody's */
};

/* How look-ups go there. host NULL: everywhere, hosts to come included. */
SNT_API void snt_sim_set_resolver(struct snt_sim *sim,
				  struct snt_sim_host *host,
				  const struct snt_sim_resolver *resolver);

struct snt_sim_failure {
	/* A call of the library's table of calls (socket, bind, listen,
	 * accept, connect, recv, send, recvfrom, ... man page), "memory" for
	 * its allocations, or NULL for all calls that can fail. */
	const char *call;
	int code;        /* negative; 0: one of those that call really has */
	unsigned after;  /* passes so often first */
	unsigned times;  /* then fails so often; 0: for ever */
	unsigned chance; /* each time; 0: always */
};

/* Makes calls of the host's program fail. A later one for the same call takes
 * the place of an earlier; NULL ends all. host NULL: every host. -EINVAL: no
 * such call. -ENOMEM. */
SNT_API SNT_MUST_CHECK int
snt_sim_set_failure(struct snt_sim *sim, struct snt_sim_host *host,
		    const struct snt_sim_failure *failure);

#ifdef __cplusplus
}
#endif
#endif
