/* SPDX-License-Identifier: MIT */
/* A simulated host: what its kernel would know. */
#ifndef SNT_IO_SIM_HOST_H
#define SNT_IO_SIM_HOST_H

#include "io/sim/world.h"

#include <sennit/addr.h>

struct snt__sim_file;
struct snt__sim_tcp_host;  /* tcp: ports, connections, TIME_WAIT */
struct snt__sim_udp_host;  /* udp: ports, groups */
struct snt__sim_unix_host; /* names and files of Unix sockets */
struct snt__sim_jobs;      /* its pools */
struct snt__sim_signals;
struct snt__sim_failures; /* fail.c */

/* IPv4 stands as an IPv6 address that maps it (::ffff:a.b.c.d). */
struct snt__sim_ip {
	uint8_t bytes[16];
};

#define SNT__SIM_NAME 64

/* The interfaces that every host has, by index. */
#define SNT__SIM_LO 1
#define SNT__SIM_ETH 2

struct snt__sim_host {
	struct snt__link in_world;
	uint32_t number; /* 0: the director's, without a network */
	char name[SNT__SIM_NAME];
	struct snt__sim_ip ips[2]; /* IPv4, IPv6 */
	bool has[2];
	struct snt_sim_host_opts limits; /* nothing in it is 0 or text */
	bool up;                         /* false: killed, no network */
	bool dying; /* its program unwinds; no call works */
	bool paused;
	/* Descriptors from SNT__SIM_FD on. */
	struct snt__sim_file **files;
	size_t file_room;
	size_t file_hint;  /* nothing free below it */
	size_t file_count; /* open */
	struct snt__sim_file *console;
	struct snt__sim_tcp_host *tcp;
	struct snt__sim_udp_host *udp;
	struct snt__sim_unix_host *unix_names;
	struct snt__sim_jobs *jobs;
	struct snt__sim_signals *signals;
	struct snt__sim_failures *failures;
	struct snt_sim_resolver resolver;
	struct snt__sim_dice ports; /* where the search for a free one begins */
	struct snt__sim_dice dice;  /* of its programs */
	uint32_t cookies;           /* given to sockets (SO_COOKIE) */
	ptrdiff_t blocks; /* of the library's memory: taken, less given back */
};

/* The host whose code runs. */
struct snt__sim_host *snt__sim_host_now(void);

/*
 * A host, zeroed before, of that name and those limits (NULL: the usual ones).
 * -EINVAL: as snt_sim_add. Its end; and, before that, a death without a word.
 */
int snt__sim_host_begin(struct snt__sim_host *host, const char *name,
			const struct snt_sim_host_opts *opts);
void snt__sim_host_kill(struct snt__sim_host *host);
/* Only its program dies: its kernel closes what it had open. */
void snt__sim_host_crash(struct snt__sim_host *host);
void snt__sim_host_end(struct snt__sim_host *host);

/* Every part makes what it keeps of a host, lets go of everything at once
 * without a word to anybody (the host was killed), and gives it back. */
void snt__sim_tcp_begin(struct snt__sim_host *host);
void snt__sim_tcp_kill(struct snt__sim_host *host);
void snt__sim_tcp_end(struct snt__sim_host *host);
void snt__sim_udp_begin(struct snt__sim_host *host);
void snt__sim_udp_kill(struct snt__sim_host *host);
void snt__sim_udp_end(struct snt__sim_host *host);
void snt__sim_unix_begin(struct snt__sim_host *host);
void snt__sim_unix_kill(struct snt__sim_host *host);
void snt__sim_unix_end(struct snt__sim_host *host);
void snt__sim_jobs_begin(struct snt__sim_host *host);
void snt__sim_jobs_end(struct snt__sim_host *host);
/* The host's program has ended or was killed: look-ups under way are of no use
 * to anybody, and end at once. And whether that was so. */
void snt__sim_jobs_leave(struct snt__sim_host *host);
bool snt__sim_jobs_leaving(const struct snt__sim_host *host);
void snt__sim_signals_begin(struct snt__sim_host *host);
void snt__sim_signals_end(struct snt__sim_host *host);
void snt__sim_console_begin(struct snt__sim_host *host);
void snt__sim_console_end(struct snt__sim_host *host);

/* For a signal that came from outside: false, nobody caught it. */
bool snt__sim_signals_deliver(struct snt__sim_host *host, int number);

#endif
