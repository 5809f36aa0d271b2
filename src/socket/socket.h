/* SPDX-License-Identifier: MIT */
/*
 * The socket object. A connection's is kept small (it is one of a million);
 * what only listeners need stands in an object of its own.
 */
#ifndef SNT_SOCKET_SOCKET_H
#define SNT_SOCKET_SOCKET_H

#include "fiber/call.h"
#include "fiber/wait.h"

#include <sennit/peer.h>

enum snt__kind {
	SNT__TCP,    /* a short read proves that nothing is left */
	SNT__STREAM, /* other streams, where it does not */
	SNT__DATAGRAM,
	SNT__FILE,    /* no socket: read and write */
	SNT__LAYERED, /* a stream with a layer, which knows of what kind */
};

/* An IP address and port, without sockaddr's padding. */
struct snt__peer {
	uint16_t family; /* 0: not known */
	uint16_t port;   /* network order */
	uint32_t scope;
	uint8_t ip[16];
};

struct snt_socket {
	struct snt__handle handle;
	int64_t timeout;
	union {
		struct snt__listener *listener; /* NULL: it does not listen */
		struct snt__layer *layer;       /* of SNT__LAYERED: layer.h */
	};
	struct snt__peer peer;
	uint8_t kind;
	/* Adopted without O_NONBLOCK, which is not ours to set. */
	bool blocking : 1;
	bool shared : 1; /* the file may be others' as well: adopted, dup */
	/* Shut for reading: datagrams, a Unix listener, a layer. */
	bool deaf : 1;
	bool merges : 1;      /* one message may be several datagrams (GRO) */
	uint8_t segment_bits; /* see batch.h */
	uint16_t family;
	int16_t broken; /* the error that ended the connection, or 0 */
	struct snt__letter closing; /* to its owner, from another thread */
};

/* There are a million of them; with a fiber's page 4.3 KiB each. */
_Static_assert(sizeof(struct snt_socket) <= 120, "a connection stays small");

/* Most addresses that one server listens on. */
#define SNT__PARTS_MAX 16

/* The other descriptors of a server of several addresses, and its file. */
struct snt__listener {
	struct snt_socket **others;
	size_t other_count;
	size_t turn;                 /* whose queue is looked at first */
	struct snt_socket *heard;    /* where the last datagram came in */
	struct snt_socket *spare;    /* for the next connection */
	struct snt_tls_context *tls; /* for all of them, or NULL: layer.h */
	struct snt__layer *spare_layer;
	char *path;     /* of a Unix socket to remove at close */
	unsigned forks; /* snt__forks where the file was made */
	struct snt__file_id file;
};

static inline struct snt__listener *
snt__listener_of(const struct snt_socket *socket)
{
	return socket->kind != SNT__LAYERED ? socket->listener : NULL;
}

/* A handle on fd. On -ENOMEM fd stays open and the caller's. */
int snt__socket_wrap(struct snt_socket **ret_socket, int fd, int family,
		     enum snt__kind kind);
enum snt__kind snt__kind_of(int family, int type, int protocol);

/* socket(2) and the handle in one. */
int snt__socket_make(struct snt_socket **ret_socket, int family, int type,
		     int protocol);

/* Gives the socket the part that listeners need. -ENOMEM. */
int snt__socket_listens(struct snt_socket *socket);

void snt__peer_set(struct snt_socket *socket, const struct snt_addr *addr);

/* The n-th descriptor of a server (0: the socket itself); NULL past the last. */
struct snt_socket *snt__socket_part(struct snt_socket *socket, size_t n);

/* How many it has. */
static inline size_t snt__part_count(const struct snt_socket *socket)
{
	const struct snt__listener *listener = snt__listener_of(socket);

	return listener != NULL ? listener->other_count + 1 : 1;
}

/*
 * How every waiting call on a socket begins, with the direction it will wait
 * in: -ECANCELED, -ETIMEDOUT, -SNT_ETHREAD, -EBUSY.
 */
static inline int snt__call_begin(struct snt_socket *socket, unsigned direction)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__enter(thread->current);

	if (code == 0)
		code = snt__handle_claim(thread, &socket->handle);
	if (code == 0 &&
	    __builtin_expect((direction == SNT__READ
				      ? socket->handle.reader
				      : socket->handle.writer) != NULL,
			     0))
		code = -EBUSY;
	return code;
}

/* Where a call's own limit ends: *deadline is 0 until the call has asked. */
void snt__call_deadline(const struct snt_socket *socket, int64_t *deadline);

/* What a try to receive returned: shut down, a datagram socket that is set not
 * to wait says "not now" for ever, where one that waits would end. */
static inline bool snt__is_end(const struct snt_socket *socket, ptrdiff_t n)
{
	return n == -EAGAIN && __builtin_expect(socket->deaf, 0);
}

/*
 * Waits in one direction under the handle's own timeout too. *deadline is 0
 * before the call's first wait and belongs to it. Then also -EAGAIN: the
 * handle never waits (SNT_NOWAIT).
 */
int snt__call_wait(struct snt_socket *socket, unsigned direction,
		   int64_t *deadline);

/* A descriptor is free again: accepts that ran out of them may try. */
void snt__descriptor_freed(void);

/*
 * The failure's line: what, the peer where known, why. After -EBADF from a
 * wait the socket is gone, and after -SNT_ETHREAD not ours to look at.
 */
int snt__call_fail(const struct snt_socket *socket, int code, size_t done,
		   const char *what) __attribute__((cold));
int snt__fail_no_stream(const char *what) __attribute__((cold));

#endif
