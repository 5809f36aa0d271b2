/* SPDX-License-Identifier: MIT */
/*
 * Messages over datagrams: a session between two addresses, with channels of
 * three kinds. UDP below (RFC 8085), nothing but datagrams on the wire;
 * docs/seq.md says what they are.
 *
 * An endpoint and its sessions belong to the thread that opened it; another's
 * calls get -SNT_ETHREAD, a forked child's -SNT_EFORK. One fiber may receive
 * and one may send at a time on a session; a second that would have to wait
 * gets -EBUSY. Every waiting call returns -ECANCELED or -ETIMEDOUT when told
 * so, and -EBADF when what it waits on is closed meanwhile. A session that has
 * ended says why in each call from then on: -ECONNRESET (the peer closed it
 * without a shutdown, or has lost it), -ETIMEDOUT (the peer is silent), -EPROTO
 * (what came made no sense), -EBADF (its endpoint was closed).
 */
#ifndef SENNIT_SEQ_H
#define SENNIT_SEQ_H

#include <sennit/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_socket;       /* socket.h */
struct snt_seq_endpoint; /* many sessions on one datagram handle */
struct snt_seq;          /* one session */

/* The first channel of each kind; there are 64 of it, and both ends send on
 * each. Ordered: every message once, in order on its channel. Reliable: every
 * message once, as soon as it is whole. Latest: at most once, never one that is
 * older than one before; what is late or lost is not sent again. */
#define SNT_SEQ_ORDERED 0
#define SNT_SEQ_RELIABLE 64
#define SNT_SEQ_LATEST 128
#define SNT_SEQ_CHANNELS 64

#define SNT_SEQ_KEY 32 /* bytes */

struct snt_seq_opts {
	const void *key; /* SNT_SEQ_KEY bytes that both sides know: seals every
			    datagram; NULL: plain. Copied. */
	size_t key_size; /* SNT_SEQ_KEY, or 0 without a key */
	bool insecure_plain; /* plain beyond loopback, too */
	size_t message_max;  /* that is sent or taken; 0: 1 MiB; 64 MiB most */
	size_t send_buffer;  /* a session's, at least a message; 0: 256 KiB */
	size_t recv_buffer;  /* likewise; bounds what a peer can make us keep */
	int64_t handshake_timeout; /* of a connect; 0: 10 s */
	int64_t keep_alive; /* silence before a probe; 0: 5 s; SNT_FOREVER:
			       none, and the dead are not noticed */
	int64_t dead_after; /* silence that ends a session; 0: 30 s */
	size_t sessions;    /* in all; 0: 10,000 */
	size_t sessions_per_peer; /* of one IPv4 address or IPv6 /64; 0: 1,000 */
	size_t backlog;           /* made and not accepted yet; 0: 128 */
};

/*
 * Listens for sessions at "localhost:7000", "[::1]:7000", ":7000" (all
 * interfaces, both families; each session is with the address that its client
 * asked for, and answered from there). Waits (look-up). Errors as snt_create_server, and:
 * -EPERM: plain on an address that is not loopback, without
 * .insecure_plain. -EINVAL: a size or a key that cannot be. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int
snt_seq_create_server(struct snt_seq_endpoint **endpoint, const char *text,
		      const struct snt_seq_opts *opts);

/*
 * A session with "example.org:7000", on an endpoint of its own that ends with
 * it. The addresses of a name are raced as RFC 8305 says. Waits.
 * -ECONNREFUSED: nobody there, or there is no room; -EKEYREJECTED: another key,
 * or only one side has one; -ETIMEDOUT: the handshake took too long; -EPERM,
 * -EINVAL, -ENOMEM as above; what snt_getaddrinfo and socket(2) say.
 */
SNT_API SNT_MUST_CHECK int
snt_seq_create_connection(struct snt_seq **seq, const char *text,
			  const struct snt_seq_opts *opts);

/*
 * On any UDP handle: sessions come and go by snt_seq_accept and
 * snt_seq_connect. Takes the handle, and asks for control items of its own
 * (datagram.h); when it fails, the handle stays the caller's. -EINVAL: no UDP
 * socket, or as above; -EPERM, -ENOMEM, -EMFILE.
 */
SNT_API SNT_MUST_CHECK int snt_seq_open(struct snt_seq_endpoint **endpoint,
					struct snt_socket *socket,
					const struct snt_seq_opts *opts);

/* Waits for the next session that a peer has begun. One fiber at a time. */
SNT_API SNT_MUST_CHECK int snt_seq_accept(struct snt_seq_endpoint *endpoint,
					  struct snt_seq **seq);

/* Begins one with the endpoint at addr. Waits. Errors as
 * snt_seq_create_connection; -SNT_ELIMIT: .sessions or .sessions_per_peer. */
SNT_API SNT_MUST_CHECK int snt_seq_connect(struct snt_seq_endpoint *endpoint,
					   struct snt_seq **seq,
					   const struct snt_addr *addr);

/*
 * Queues a whole message, or nothing: it goes by itself from then on. size may
 * be 0. Waits for room in the send buffer; on LATEST channels never: there the
 * oldest that has not gone is dropped. -EMSGSIZE: more than .message_max here or
 * at the peer; -EINVAL: no such channel; -EPIPE: after snt_seq_shutdown;
 * -EAGAIN: no room, and the timeout is SNT_NOWAIT; -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_seq_send(struct snt_seq *seq, unsigned channel,
					const void *buffer, size_t size);

struct snt_seq_message {
	unsigned channel;
	const char *data; /* lent until the next receive, or the close */
	size_t size;
	uint64_t missed; /* LATEST: messages before this one that never came */
};

/* The next message: 1. 0: the peer has shut down, and all it sent was taken.
 * Waits. -EAGAIN: nothing is there, and the timeout is SNT_NOWAIT. */
SNT_API SNT_MUST_CHECK int snt_seq_recv(struct snt_seq *seq,
					struct snt_seq_message *message);

/*
 * No more messages from here. Waits until all that was sent on ORDERED and
 * RELIABLE channels has been acknowledged, and the peer knows that it was all;
 * or has left, after a shutdown of its own. Receiving goes on; the peer's own
 * shutdown is another: one that only closes may leave this one with -ECONNRESET,
 * if its last acknowledgement is lost. Given up, it may be called again.
 */
SNT_API SNT_MUST_CHECK int snt_seq_shutdown(struct snt_seq *seq);

/* The limit of each single waiting call on this session. 0, SNT_FOREVER: none.
 * SNT_NOWAIT: what would wait returns -EAGAIN instead. */
SNT_API void snt_seq_settimeout(struct snt_seq *seq, int64_t timeout);
SNT_API int64_t snt_seq_gettimeout(const struct snt_seq *seq);

SNT_API SNT_MUST_CHECK int snt_seq_getpeername(const struct snt_seq *seq,
					       struct snt_addr *addr);

struct snt_seq_info {
	int64_t rtt, rtt_least;   /* 0: not measured yet */
	uint64_t sent, received;  /* datagrams */
	uint64_t lost;            /* of those sent, as far as is known */
	uint64_t duplicates;      /* of those received */
	uint64_t retransmitted;   /* pieces of messages */
	uint64_t dropped;         /* LATEST, unsent */
	size_t window, in_flight; /* bytes: allowed, and under way */
	size_t queued;            /* bytes of messages, not acknowledged */
	size_t datagram;          /* bytes of the largest that surely pass */
	uint64_t rate;            /* bytes a second that may go */
	bool sealed;
};
/* Works on a session that has ended, too. -SNT_ETHREAD, -SNT_EFORK. */
SNT_API SNT_MUST_CHECK int snt_seq_get_info(const struct snt_seq *seq,
					    struct snt_seq_info *info);

/* The address that it listens on; of several, the first. */
SNT_API SNT_MUST_CHECK int
snt_seq_endpoint_getsockname(const struct snt_seq_endpoint *endpoint,
			     struct snt_addr *addr);

struct snt_seq_endpoint_info {
	size_t sessions;   /* in all, with those not accepted yet */
	size_t half_open;  /* of which the peer has not sent anything yet */
	uint64_t refused;  /* openings, for a limit or a key */
	uint64_t forged;   /* datagrams that were not what they should be */
	uint64_t repeated; /* that came twice, or much too late */
};
SNT_API SNT_MUST_CHECK int
snt_seq_endpoint_get_info(const struct snt_seq_endpoint *endpoint,
			  struct snt_seq_endpoint_info *info);

/*
 * Takes the session. Never fails, never waits: the peer is told, and what is not
 * acknowledged is dropped (snt_seq_shutdown first keeps it). NULL is
 * fine. Any thread: then the session's own closes it, as soon as it next waits.
 */
SNT_API void snt_seq_close(struct snt_seq *seq);
SNT_API void snt_auto_seq(struct snt_seq **seq);
/* The same for the endpoint, its handle, and all its sessions, which end; those
 * that the program has are still to be closed. */
SNT_API void snt_seq_endpoint_close(struct snt_seq_endpoint *endpoint);
SNT_API void snt_auto_seq_endpoint(struct snt_seq_endpoint **endpoint);

#ifdef __cplusplus
}
#endif
#endif
