/* SPDX-License-Identifier: MIT */
/*
 * Several buffers in one call, control data, descriptors sent to another
 * process, and a look at what has arrived. sendmsg(2), recvmsg(2), cmsg(3),
 * unix(7). All of these wait, on the thread that the handle belongs to, and
 * borrow what they are given until they return; how they are told to stop and
 * what they return then stands in socket.h.
 *
 * There is no urgent ("out-of-band") data: MSG_OOB is -EOPNOTSUPP, as RFC 6093
 * advises. What a peer marks urgent is left out of what is received here, or,
 * with SO_OOBINLINE set by snt_setsockopt, is in its place among the rest.
 */
#ifndef SENNIT_MESSAGE_H
#define SENNIT_MESSAGE_H

#include <sennit/socket.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero is valid: an empty message. No call changes what is asked, so one
 * message serves for many calls. */
struct snt_message {
	const struct iovec *buffers; /* bytes come from, or go to, these */
	size_t buffer_count;
	struct snt_addr *addr; /* to whom, or from whom; NULL: no matter */
	void *control;         /* cmsg(3), aligned as struct cmsghdr; or NULL */
	size_t control_size;   /* bytes of control to send, or room there */
	int flags;             /* what is asked, see each call */
	size_t control_got;    /* snt_recvmsg: bytes of control that came */
	int told;              /* snt_recvmsg: MSG_TRUNC, MSG_CTRUNC, MSG_EOR */
};

/*
 * Sends the buffers as one message; returns how many bytes were taken. A
 * stream may take a part. flags: MSG_MORE, MSG_EOR, MSG_CONFIRM,
 * MSG_DONTROUTE, MSG_NOSIGNAL (always on). -EINVAL: another flag, more than
 * IOV_MAX (1024) buffers, control data that the kernel refuses, or a
 * descriptor in it that is not open. -EMSGSIZE: too long for one. -ENOTSOCK:
 * no socket. -EOPNOTSUPP: MSG_OOB. Else as snt_send and snt_sendto.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_sendmsg(struct snt_socket *socket,
					     const struct snt_message *message);

/*
 * All bytes of all buffers, however many, over a stream: 0, or an error, and
 * then snt_done() bytes had been taken over by the kernel. Control data goes
 * once, with the first of them. -EINVAL: an address, or control data without a
 * byte to go with. -EOPNOTSUPP: not a stream.
 */
SNT_API SNT_MUST_CHECK int snt_sendmsg_all(struct snt_socket *socket,
					   const struct snt_message *message);

/*
 * Waits for a message or bytes of a stream and fills the buffers in order;
 * returns how many bytes. 0: the end of a stream, or an empty datagram. What
 * did not fit is told in .told, and is no failure. flags: MSG_PEEK (take
 * nothing), MSG_TRUNC (datagrams: return the whole length), MSG_ERRQUEUE (see
 * ip(7); never waits: -EAGAIN when there is none). Descriptors that come in
 * control data are the caller's and close-on-exec; without room for them the
 * kernel closes them. *addr, .control_got and .told are written on success.
 * Errors as snt_sendmsg and snt_recv.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recvmsg(struct snt_socket *socket,
					     struct snt_message *message);

/*
 * As snt_recv, but takes nothing: what was seen can still be received. Does
 * not wait for more than has been seen before. -EOPNOTSUPP: no socket.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_peek(struct snt_socket *socket,
					  void *buffer, size_t size);

/* Most descriptors that one message carries (the kernel's SCM_MAX_FD). */
#define SNT_FDS_MAX 253

/*
 * Sends count descriptors with size bytes (at least one, on a stream) over a
 * Unix socket. The peer gets duplicates; fds are borrowed. Returns how many
 * bytes were taken: on a stream maybe a part, and then the descriptors have
 * gone with it. -EINVAL: more than SNT_FDS_MAX, one that is not open, no byte
 * to go with them. -EOPNOTSUPP: not a Unix socket. -ETOOMANYREFS: too many are
 * under way (unix(7)). Else as snt_send.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_send_fds(struct snt_socket *socket,
					      const void *buffer, size_t size,
					      const int *fds, size_t count);
/*
 * Waits for bytes, and for descriptors that come with the first of them.
 * *count is the room in fds, and then how many came, which may be none. They
 * are the caller's and close-on-exec. Whatever this fails with, all that came
 * are closed, and snt_done() bytes are in buffer: -SNT_ELIMIT, more than
 * *count came; -EMFILE, no room in this process; -EMSGSIZE, a datagram larger
 * than size. -EINVAL: size 0 on a stream. -EOPNOTSUPP: not a Unix socket.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recv_fds(struct snt_socket *socket,
					      void *buffer, size_t size,
					      int *fds, size_t *count);

#ifdef __cplusplus
}
#endif
#endif
