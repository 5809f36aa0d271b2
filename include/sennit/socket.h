/* SPDX-License-Identifier: MIT */
/*
 * Sockets in straight lines: each call waits until it is done, on a plain
 * thread as on one of many fibers. TCP, UDP, Unix streams, datagrams and
 * seqpackets over one handle. socket(7), tcp(7), udp(7), unix(7).
 *
 * A handle belongs to the thread of its first call that sends, receives,
 * connects, accepts or waits; another's gets -SNT_ETHREAD, until snt_release or
 * that thread's end. One fiber may read and one may write at a time; a second
 * of a kind gets -EBUSY.
 * Every waiting call returns -ECANCELED or -ETIMEDOUT when told so, and
 * -EBADF when the handle is closed meanwhile; whichever it returns, the
 * kernel no longer holds the caller's buffer. SIGPIPE is never raised.
 */
#ifndef SENNIT_SOCKET_H
#define SENNIT_SOCKET_H

#include <sennit/addr.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_socket;
struct snt_tls_context; /* tls.h */

struct snt_server_opts {
	int type; /* SOCK_STREAM (0), SOCK_SEQPACKET; SOCK_DGRAM: no accept */
	int backlog;     /* 0: the system's maximum */
	bool share_port; /* bound alone, then open to join_port (SO_REUSEPORT) */
	bool join_port;  /* joins a port that this user's handles share */
	bool nagle;      /* leave TCP_NODELAY off on accepted connections */
	mode_t mode;     /* of a Unix socket's file; 0: as umask(2) says */
	/* TLS on accepted connections, or NULL. Kept as long as the server. */
	struct snt_tls_context *tls;
};

struct snt_connection_opts {
	int type;              /* SOCK_STREAM (0), SOCK_DGRAM, SOCK_SEQPACKET */
	int64_t timeout;       /* for all of it: look-up and every attempt */
	int64_t attempt_delay; /* before the next address; 0: 250 ms (RFC 8305) */
	struct snt_addr source;      /* local address to bind; all zero: any */
	bool nagle;                  /* leave TCP_NODELAY off */
	struct snt_tls_context *tls; /* TLS on it, or NULL */
	const char *server_hostname; /* whom to expect; NULL: the text's host */
};

/*
 * A listening handle for "localhost:7000", "[::1]:7000", ":7000" (every
 * interface, both families), "unix:/run/x.sock", "unix:@name", "fd:3". A name
 * with several addresses is bound on all of them, port 0 to the same free
 * port on each. A Unix socket's file that no server listens on any more is
 * replaced; ours is removed at close. Waits (look-up; up to 250 ms for an
 * address in use, which a process that died with an io_uring leaves so for a
 * moment).
 * -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL (bad text), -SNT_ENONAME,
 * -SNT_ERESOLVE, -EMFILE, -ENOMEM, -ECANCELED, -ETIMEDOUT.
 */
SNT_API SNT_MUST_CHECK int
snt_create_server(struct snt_socket **server, const char *text,
		  const struct snt_server_opts *opts);

/*
 * A connection to "example.org:443" or any text form above. Addresses are
 * raced as RFC 8305 (Happy Eyeballs) says; when all fail, snt_errmsg() tells
 * each reason and the code is the last one's. Waits.
 * With a context the winner does the handshake, all within the timeout; errors
 * as snt_wrap_socket.
 * Whatever connect(2) fails with, and the look-up errors above.
 */
SNT_API SNT_MUST_CHECK int
snt_create_connection(struct snt_socket **socket, const char *text,
		      const struct snt_connection_opts *opts);

/* A C++ compiler warns that the next name is also the struct's; C's habit. */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
/* socket(2); protocol 0 is the type's own. -EAFNOSUPPORT, -EMFILE, -ENOMEM. */
SNT_API SNT_MUST_CHECK int snt_socket(struct snt_socket **socket, int family,
				      int type, int protocol);
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
/* Two connected Unix sockets. Errors as above. */
SNT_API SNT_MUST_CHECK int snt_socketpair(struct snt_socket **a,
					  struct snt_socket **b, int type);
/*
 * A handle on a duplicate of any descriptor: socket, pipe, terminal or file.
 * fd stays the caller's; its O_NONBLOCK flag is not touched (but for the moment
 * of a snt_connect on it). On what is no socket, recv and send are read and
 * write. -EBADF, -EMFILE, -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_fromfd(struct snt_socket **socket, int fd);

SNT_API SNT_MUST_CHECK int snt_bind(struct snt_socket *socket,
				    const struct snt_addr *addr);
/* backlog 0: the system's maximum. */
SNT_API SNT_MUST_CHECK int snt_listen(struct snt_socket *socket, int backlog);
/* Waits. -ETIMEDOUT: the handle's timeout, a scope's, or the kernel's own. */
SNT_API SNT_MUST_CHECK int snt_connect(struct snt_socket *socket,
				       const struct snt_addr *addr);
/*
 * Waits for the next connection. When descriptors or memory are used up it
 * waits until some are free again (at most 1 s between tries); connections
 * stay queued meanwhile. Connections that died in the queue are passed over.
 */
SNT_API SNT_MUST_CHECK int snt_accept(struct snt_socket *listener,
				      struct snt_socket **conn);

/*
 * Waits until something arrived and receives at most size bytes. 0: the peer
 * ended the stream (for a datagram: an empty one). A datagram that did not
 * fit in size is -EMSGSIZE, its beginning in buffer. -ECONNRESET.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recv(struct snt_socket *socket,
					  void *buffer, size_t size);
/*
 * All size bytes, or none: 0 when the stream ends before the first of them.
 * -SNT_EEND: it ended inside; on any failure snt_done() bytes are in buffer.
 * Streams only (-EOPNOTSUPP).
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recv_exact(struct snt_socket *socket,
						void *buffer, size_t size);
/*
 * Up to and with the delimiter, nothing beyond it; returns the count. 0 when
 * the stream ends before the first byte. -SNT_EEND: ended before the
 * delimiter. -SNT_ELIMIT: size bytes held none. On failure snt_done() bytes
 * are in buffer; what follows them can still be received. -EINVAL: empty
 * delimiter, or longer than size. Streams of sockets only (-EOPNOTSUPP).
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recv_until(struct snt_socket *socket,
						const void *delimiter,
						size_t delimiter_size,
						void *buffer, size_t size);

/* Waits until some bytes can be sent and returns how many were. -EPIPE. */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_send(struct snt_socket *socket,
					  const void *buffer, size_t size);
/* All of them: 0, or an error, and then snt_done() bytes had been taken over
 * by the kernel; whether the peer saw them is not known. */
SNT_API SNT_MUST_CHECK int snt_sendall(struct snt_socket *socket,
				       const void *buffer, size_t size);

/* One datagram. -EMSGSIZE: too long for one. -ECONNREFUSED: see udp(7). */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_sendto(struct snt_socket *socket,
					    const void *buffer, size_t size,
					    const struct snt_addr *addr);
/* One datagram and who sent it (from may be NULL). -EMSGSIZE: as snt_recv. */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recvfrom(struct snt_socket *socket,
					      void *buffer, size_t size,
					      struct snt_addr *from);

/* Waits until a recv, an accept or a send would not wait, without a buffer.
 * Several sockets at once: wait.h. */
SNT_API SNT_MUST_CHECK int snt_wait_readable(struct snt_socket *socket);
SNT_API SNT_MUST_CHECK int snt_wait_writable(struct snt_socket *socket);

/*
 * The limit of each single waiting call on this handle (a listener's accept,
 * each recv, each send, connect; snt_sendall as a whole). 0, SNT_FOREVER:
 * none. SNT_NOWAIT: what would wait returns -EAGAIN instead; this is Python's
 * settimeout(0).
 */
SNT_API void snt_settimeout(struct snt_socket *socket, int64_t timeout);
SNT_API int64_t snt_gettimeout(const struct snt_socket *socket);

/* The descriptor, lent: do not close it or change its flags. */
SNT_API int snt_fileno(const struct snt_socket *socket);

/* Ends one direction: SHUT_RD, SHUT_WR or SHUT_RDWR. Does not wait.
 * -ENOTCONN, -EINVAL. */
SNT_API SNT_MUST_CHECK int snt_shutdown(struct snt_socket *socket, int how);

/* A second handle on the same socket, with the same timeout; each is closed by
 * itself. -EMFILE, -ENOMEM; -EINVAL for a server of several addresses. */
SNT_API SNT_MUST_CHECK int snt_dup(struct snt_socket *socket,
				   struct snt_socket **copy);

/* Takes the handle, gives the descriptor: the caller closes it. Fibers that
 * wait on it get -EBADF. -EINVAL for a server of several addresses. */
SNT_API SNT_MUST_CHECK int snt_detach(struct snt_socket *socket);

/* The calling thread's handle becomes nobody's: the next thread to use it owns
 * it, and its descriptors if it is a server's. -EBUSY: a fiber waits on it. */
SNT_API SNT_MUST_CHECK int snt_release(struct snt_socket *socket);

/* Takes the handle. Never fails, never waits; NULL is fine. Any thread: then
 * the handle's own closes it, as soon as it next waits. */
SNT_API void snt_close(struct snt_socket *socket);
/* The same, but tells a TCP peer at once by a reset and drops unsent bytes. */
SNT_API void snt_abort(struct snt_socket *socket);
SNT_API void snt_auto_socket(struct snt_socket **socket);

#ifdef __cplusplus
}
#endif
#endif
