/* SPDX-License-Identifier: MIT */
/* Unix sockets of simulated hosts: what unix*.c share. */
#ifndef SNT_IO_SIM_UNIX_H
#define SNT_IO_SIM_UNIX_H

#include "io/sim/file.h"

enum snt__sim_unix_state {
	SNT__SIM_UNIX_FRESH,
	SNT__SIM_UNIX_LISTENS,
	SNT__SIM_UNIX_CONNECTED, /* a datagram socket: has a peer */
};

/* An address, shared by the sockets that a listener's connections are. */
struct snt__sim_unix_name {
	unsigned refs;
	struct snt_addr addr;
};

struct snt__sim_unix {
	struct snt__sim_file file;
	struct snt__link in_host;
	/* Its file, its peers and what it has sent: each may ask for its name,
	 * so its memory outlives its file. */
	unsigned holds;
	enum snt__sim_unix_state state;
	bool gone; /* closed, or of a killed host */
	bool passes_credentials, has_peer_credentials;
	unsigned shut;                   /* bits of SHUT_RD + 1, SHUT_WR + 1 */
	struct snt__sim_unix_name *name; /* NULL: none */
	struct snt__sim_unix_entry *entry; /* where the name leads to it */
	struct snt__sim_unix *peer;
	/* Of datagrams: whose peer this one is. */
	struct snt__link followers, in_followers;
	struct snt__link queue;
	size_t queue_length;
	size_t under_way; /* what its messages that nobody has read cost */
	/* Of a listener: connections to accept. */
	struct snt__link pending, in_pending;
	size_t pending_count, backlog;
};

#define SNT__SIM_UNIX_BUCKETS 32

struct snt__sim_unix_host {
	struct snt__link sockets;
	struct snt__link names[SNT__SIM_UNIX_BUCKETS];
	uint64_t last_file; /* numbers of files, never given again */
	unsigned last_auto; /* names that bind chooses */
	struct snt__link garbage;
	bool sweeping;
};

static inline struct snt__sim_unix *
snt__sim_unix_of(const struct snt__sim_file *file)
{
	return SNT__CONTAINER(file, struct snt__sim_unix, file);
}

struct snt__sim_unix *snt__sim_unix_make(struct snt__sim_host *host, int type);
void snt__sim_unix_hold(struct snt__sim_unix *sock);
void snt__sim_unix_let_go(struct snt__sim_unix *sock);
/* Ends what it is part of, and tells its peer. Its memory stays. */
void snt__sim_unix_leave(struct snt__sim_unix *sock);
void snt__sim_unix_set_peer(struct snt__sim_unix *sock,
			    struct snt__sim_unix *peer);

/* Gives back one's share of a name; NULL is fine. */
void snt__sim_unix_name_drop(struct snt__sim_unix_name *name);
void snt__sim_unix_names_end(struct snt__sim_host *host);
/* Names. As bind(2); and without a name of its own it gets one. */
int snt__sim_unix_bind(struct snt__sim_file *file, const struct snt_addr *addr);
void snt__sim_unix_autobind(struct snt__sim_unix *sock);
void snt__sim_unix_unname(struct snt__sim_unix *sock);
/* The socket at a name, for one of that type. -EINVAL: no such name. -ENOENT,
 * -ECONNREFUSED, -EPROTOTYPE. */
int snt__sim_unix_find(struct snt__sim_host *host, const struct snt_addr *addr,
		       int type, struct snt__sim_unix **found);
/* An unnamed socket's, too. */
void snt__sim_unix_addr(const struct snt__sim_unix *sock,
			struct snt_addr *addr);

/* Streams, listeners, connections; datagrams and seqpackets. */
int snt__sim_unix_listen(struct snt__sim_file *file, int backlog);
int snt__sim_unix_accept(struct snt__sim_file *file,
			 struct snt__sim_file **made, struct snt_addr *peer);
int snt__sim_unix_connect(struct snt__sim_unix *sock,
			  const struct snt_addr *addr);
int snt__sim_unix_connect_datagram(struct snt__sim_unix *sock,
				   const struct snt_addr *addr);
ptrdiff_t snt__sim_unix_send_stream(struct snt__sim_unix *sock,
				    const struct msghdr *message, int flags);
ptrdiff_t snt__sim_unix_recv_stream(struct snt__sim_unix *sock,
				    struct msghdr *message, int flags);
ptrdiff_t snt__sim_unix_send_datagram(struct snt__sim_unix *sock,
				      const struct msghdr *message, int flags);
ptrdiff_t snt__sim_unix_recv_datagram(struct snt__sim_unix *sock,
				      struct msghdr *message, int flags);

#endif
