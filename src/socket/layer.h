/* SPDX-License-Identifier: MIT */
/*
 * A layer stands between the calls on a connection and its descriptor: TLS
 * encrypts there. It only ever tries, as the seam below it does; who waits, for
 * how long, and until when, stays with the calls. A connection without one
 * pays nothing for this: it is looked for where files are.
 *
 * With a layer, handle.ready means: READ, a try to receive may succeed, also
 * from what the layer holds; WRITE, the descriptor may take more.
 */
#ifndef SNT_SOCKET_LAYER_H
#define SNT_SOCKET_LAYER_H

#include "socket/socket.h"

struct snt__layer_ops {
	const char *name; /* "TLS" */
	/*
	 * One try each. -EAGAIN: nothing moved, and wants says what to wait
	 * for. Other failures stay so. recv: size is not 0; flags is 0 or
	 * MSG_PEEK; may take itself off the socket.
	 */
	ptrdiff_t (*recv)(struct snt_socket *socket, void *buffer, size_t size,
			  int flags);
	/* What it counts it has taken; flush tells when that has gone. */
	ptrdiff_t (*send)(struct snt_socket *socket,
			  const struct iovec *buffers, size_t count);
	int (*flush)(struct snt_socket *socket);
	/* In which of these directions a try would not have to wait. */
	int (*look)(struct snt_socket *socket, unsigned directions);
	int (*shutdown)(struct snt_socket *socket, int how);
	/* Before a close: what can be said without waiting. */
	void (*goodbye)(struct snt_socket *socket);
	/* Gives it back, on a socket or not. */
	void (*end)(struct snt__layer *layer);
	/* The line for a failure of its own, or NULL. */
	const char *(*words)(const struct snt__layer *layer, int code);
};

/* Begins the object of each. */
struct snt__layer {
	const struct snt__layer_ops *ops;
	int64_t limit; /* then a wait ends, and a try tells why; 0: none */
	uint8_t kind;  /* what the socket is without it */
	/* After -EAGAIN: directions that a reader, and a writer, waits for. 0:
	 * for snt__layer_stir. */
	uint8_t reader_wants, writer_wants;
};

/* The table that a context begins with a pointer to: this floor knows of TLS
 * what makes a layer, no more. */
struct snt__secure {
	/* A layer for one connection, on no socket yet; host: whom a client
	 * expects. Words its failure. */
	int (*prepare)(struct snt_tls_context *context, const char *host,
		       struct snt__layer **layer);
	/* Onto a stream that has none; takes the layer. */
	void (*put)(struct snt_socket *socket, struct snt__layer *layer);
	/* Waits; words its failure, and leaves the socket to the caller. */
	int (*handshake)(struct snt_socket *socket);
	/* A share in it for a server, if it can serve; words its failure. */
	int (*serve)(struct snt_tls_context *context);
	void (*drop)(struct snt_tls_context *context);
};

static inline const struct snt__secure *
snt__secure_of(const struct snt_tls_context *context)
{
	return *(const struct snt__secure *const *)(const void *)context;
}

/* A stream's, which has none. Takes the layer. */
void snt__layer_put(struct snt_socket *socket, struct snt__layer *layer);
/* Off the socket; the caller's again. */
struct snt__layer *snt__layer_take(struct snt_socket *socket);

static inline bool snt__is_tcp(const struct snt_socket *socket)
{
	return (socket->kind == SNT__LAYERED ? socket->layer->kind
					     : socket->kind) == SNT__TCP;
}

/* Something changed that no event tells of: all who wait look again. */
void snt__layer_stir(struct snt_socket *socket);

/* The calls' way in. */
ptrdiff_t snt__layer_recv(struct snt_socket *socket, void *buffer, size_t size,
			  int flags);
ptrdiff_t snt__layer_recvmsg(struct snt_socket *socket, struct msghdr *header,
			     int flags);
ptrdiff_t snt__layer_send(struct snt_socket *socket, const void *buffer,
			  size_t size);
ptrdiff_t snt__layer_sendmsg(struct snt_socket *socket,
			     const struct msghdr *header);
int snt__layer_wait(struct snt_socket *socket, unsigned direction,
		    int64_t deadline);
/* Directions beside these that who waits for these waits for. */
unsigned snt__layer_wants(const struct snt_socket *socket, unsigned directions);
/* -EOPNOTSUPP, with a line. */
int snt__layer_refuse(const struct snt_socket *socket, const char *what)
	__attribute__((cold));

/* A layer's way on: tries on the descriptor itself, which keep handle.ready. */
ptrdiff_t snt__below_recv(struct snt_socket *socket, void *buffer, size_t size,
			  int flags);
ptrdiff_t snt__below_send(struct snt_socket *socket, const void *buffer,
			  size_t size);

/* A layer of bytes that came early, to be received before any others; it goes
 * with the last of them. NULL: no memory. */
struct snt__layer *snt__rest_make(const void *bytes, size_t size);
/* What a socket has of such, which is lent; NULL: none. */
const void *snt__rest_of(const struct snt_socket *socket, size_t *size);

#endif
