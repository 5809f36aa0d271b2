/* SPDX-License-Identifier: MIT */
/* UDP sockets of simulated hosts: what udp*.c share. */
#ifndef SNT_IO_SIM_UDP_H
#define SNT_IO_SIM_UDP_H

#include "io/sim/control.h"
#include "io/sim/file.h"
#include "io/sim/net.h"

/* Of a datagram's snt__sim_packet.flags: its own host is not to hear it. */
#define SNT__SIM_NO_LOOP 1

/* What of a datagram a program asked to be told. */
enum snt__sim_udp_told {
	SNT__SIM_TELL_INFO4 = 1, /* IP_PKTINFO */
	SNT__SIM_TELL_TTL4 = 2,
	SNT__SIM_TELL_TOS4 = 4,
	SNT__SIM_TELL_INFO6 = 8, /* IPV6_RECVPKTINFO */
	SNT__SIM_TELL_HOPS6 = 16,
	SNT__SIM_TELL_CLASS6 = 32,
	SNT__SIM_TELL_ERRORS4 = 64, /* IP_RECVERR */
	SNT__SIM_TELL_ERRORS6 = 128,
};

/* The options that a family has of its own. */
struct snt__sim_udp_family {
	int hops; /* -1: the system's, 64 */
	int tos;
	int group_hops;
	int group_interface; /* 0: any */
	bool group_loop, group_all;
	int discover; /* IP_MTU_DISCOVER, IPV6_MTU_DISCOVER */
};

struct snt__sim_udp {
	struct snt__sim_file file;
	struct snt__link in_host;  /* all of them */
	struct snt__link in_ports; /* those that have a port */
	struct snt__sim_point local, remote;
	bool connected;
	bool chose_ip, chose_port;    /* by bind: stay at a disconnect */
	bool dead;                    /* the host was killed */
	unsigned shut;                /* bits of SHUT_RD + 1, SHUT_WR + 1 */
	unsigned tells;               /* enum snt__sim_udp_told */
	bool corked;                  /* UDP_CORK */
	bool merges;                  /* UDP_GRO; but nothing is ever merged */
	uint16_t segment;             /* UDP_SEGMENT; 0: none */
	struct snt__sim_packet *held; /* the beginning of a datagram */
	uint16_t held_segment;        /* into what it is cut when it goes */
	struct snt__sim_udp_family families[2]; /* IPv4, IPv6 */
	struct snt__link queue;                 /* datagrams */
	struct snt__link errors;                /* see udp_error.c */
	size_t queued;                          /* what both cost */
	struct snt__link groups;                /* memberships */
	unsigned group_count;
};

#define SNT__SIM_UDP_BUCKETS 64
struct snt__sim_udp_host {
	struct snt__link sockets;
	struct snt__link ports[SNT__SIM_UDP_BUCKETS];
	struct snt__link groups; /* every membership */
};

static inline struct snt__sim_udp *snt__sim_udp_of(struct snt__sim_file *file)
{
	return SNT__CONTAINER(file, struct snt__sim_udp, file);
}

/* Ports: binds to one (0: any that is free). -EADDRINUSE. */
int snt__sim_udp_take_port(struct snt__sim_udp *udp,
			   const struct snt__sim_point *point);
void snt__sim_udp_leave_port(struct snt__sim_udp *udp);
/* -EAGAIN: no port is free, which is what Linux says here. */
int snt__sim_udp_need_port(struct snt__sim_udp *udp);
/* Who hears a datagram to one address; NULL: nobody. */
struct snt__sim_udp *snt__sim_udp_find(struct snt__sim_host *host,
				       const struct snt__sim_point *to,
				       const struct snt__sim_point *from);
/* Whether a socket hears what came to a group or to all. */
bool snt__sim_udp_hears(const struct snt__sim_udp *udp,
			const struct snt__sim_packet *packet);

/* Where a datagram of this socket would leave from, for an address that is
 * none of the "any" kind. -ENETUNREACH, -EACCES, -EINVAL, -EAFNOSUPPORT. */
int snt__sim_udp_route(const struct snt__sim_udp *udp,
		       const struct snt__sim_ip *to, int interface,
		       struct snt__sim_ip *from);
/* A peer's address, where "any" is this host. -EINVAL, -EAFNOSUPPORT. */
int snt__sim_udp_point(const struct snt__sim_udp *udp,
		       struct snt__sim_point *point,
		       const struct snt_addr *addr);

ptrdiff_t snt__sim_udp_send(struct snt__sim_file *file,
			    const struct msghdr *message, int flags);
/* Sends what has been held back (MSG_MORE). */
int snt__sim_udp_push(struct snt__sim_udp *udp);
ptrdiff_t snt__sim_udp_recv(struct snt__sim_file *file, struct msghdr *message,
			    int flags);
void snt__sim_udp_drop_queue(struct snt__sim_udp *udp);

/* Errors: as recvmsg(2) with MSG_ERRQUEUE. */
ptrdiff_t snt__sim_udp_recv_error(struct snt__sim_udp *udp,
				  struct msghdr *message);
void snt__sim_udp_drop_errors(struct snt__sim_udp *udp);
/* A datagram of its own that was too long for the way. */
void snt__sim_udp_too_long(struct snt__sim_udp *udp,
			   const struct snt__sim_point *to, size_t mtu);
/* The pending error, which is told once; 0: none. */
int snt__sim_udp_error(struct snt__sim_udp *udp);

int snt__sim_udp_setsockopt(struct snt__sim_file *file, int level, int name,
			    const void *value, socklen_t size);
int snt__sim_udp_getsockopt(struct snt__sim_file *file, int level, int name,
			    void *value, socklen_t *size);

#endif
