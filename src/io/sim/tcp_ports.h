/* SPDX-License-Identifier: MIT */
/*
 * What a host's kernel knows of TCP: which connection a segment is for, and who
 * uses which port.
 */
#ifndef SNT_IO_SIM_TCP_PORTS_H
#define SNT_IO_SIM_TCP_PORTS_H

#include "io/sim/net.h"
#include "io/sim/table.h"

struct snt__sim_tcp;

/* One end of a connection, known by both points. */
struct snt__sim_flow {
	struct snt__sim_hashed hashed; /* among the host's, where .known */
	bool known;
	bool waiting; /* in TIME_WAIT: it is no socket's any more */
	struct snt__sim_point local, remote;
};

/* A port that somebody uses. */
struct snt__sim_port {
	struct snt__sim_hashed hashed;
	uint16_t number;
	unsigned held; /* uses that share it with no outgoing connection */
	struct snt__link uses;
	struct snt__link listeners; /* struct snt__sim_tcp, by .in_port */
};

/* A part in a port: that of a socket, or of a connection in TIME_WAIT. */
struct snt__sim_use {
	struct snt__sim_port *port; /* NULL: of none */
	struct snt__link in_port;
	struct snt__sim_tcp *socket; /* NULL: TIME_WAIT, and what it was: */
	struct snt__sim_ip ip;
	bool reuseaddr, reuseport;
	bool outgoing; /* the port was found for a connect */
};

struct snt__sim_tcp_host {
	struct snt__sim_table flows;
	struct snt__sim_table ports;
	uint64_t connections; /* ever begun, over all the host's lives */
};

struct snt__sim_flow *snt__sim_flow_find(const struct snt__sim_host *host,
					 const struct snt__sim_point *local,
					 const struct snt__sim_point *remote);
void snt__sim_flow_add(struct snt__sim_host *host, struct snt__sim_flow *flow);
/* Harmless on one that is not known. */
void snt__sim_flow_remove(struct snt__sim_host *host,
			  struct snt__sim_flow *flow);

/*
 * Gives the socket that port at its local address, or a free one in place of 0;
 * its flow tells which. -EADDRINUSE.
 */
int snt__sim_port_bind(struct snt__sim_tcp *tcp, uint16_t number);
/* The socket, bound or not, is to listen; as bind. */
int snt__sim_port_listen(struct snt__sim_tcp *tcp);
/* A port for a connection from its local address to its remote point; a bound
 * socket's stays. The flow is known then. -EADDRNOTAVAIL. */
int snt__sim_port_connect(struct snt__sim_tcp *tcp);
/* One more use of the port, as an accepted connection or a TIME_WAIT has. */
void snt__sim_port_share(struct snt__sim_host *host, struct snt__sim_use *use,
			 const struct snt__sim_use *with);
/* Harmless on a use of none. */
void snt__sim_port_leave(struct snt__sim_host *host, struct snt__sim_use *use);

/* Who listens for a connection from there; NULL: nobody. */
struct snt__sim_tcp *
snt__sim_port_listener(const struct snt__sim_host *host,
		       const struct snt__sim_point *local,
		       const struct snt__sim_point *remote);

#endif
