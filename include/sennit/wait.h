/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several sockets at once, or for a descriptor that is another
 * library's. Where each connection can have a fiber of its own none of this is
 * needed: see fiber.h. poll(2), epoll(7), Python's select and selectors.
 *
 * "Ready" is a level here: a receive, an accept or a send would not have to
 * wait now; the end of a stream and an error count as ready in every direction
 * asked for. The timeouts of the sockets (snt_settimeout) do not count, scopes
 * do. All that wait return -ECANCELED and -ETIMEDOUT when told so, and
 * -ENOMEM, -ENOSPC, -EMFILE or -ENFILE when the thread cannot begin to wait.
 */
#ifndef SENNIT_WAIT_H
#define SENNIT_WAIT_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_socket;
struct snt_selector;

/* Directions, and sets of them. */
#define SNT_READABLE 1u
#define SNT_WRITABLE 2u

/*
 * Waits until fd, which sennit does not own, is ready in one of the directions
 * of events; returns those it is ready in, a mask and positive. For a pipe, a
 * pidfd, an eventfd, a descriptor of libpq or ALSA. Borrows fd: its flags are
 * not touched, and nothing of sennit's stays on it. Do not close it meanwhile.
 * Any number of fibers may wait for the same one. A file of a disk is always
 * ready. Waits. -EBADF: fd is not open.  -EINVAL: events is 0, or has other
 * bits.
 */
SNT_API SNT_MUST_CHECK int snt_fd_wait(int fd, unsigned events);

struct snt_wait {
	struct snt_socket *socket;
	unsigned events; /* SNT_READABLE, SNT_WRITABLE, or both */
	unsigned ready;  /* written: those of them it is ready in, or 0 */
};

/*
 * Waits until at least one of the sockets is ready; writes each one's .ready
 * and returns how many are not 0. A server of several addresses is one socket.
 * Meanwhile the caller is each socket's reader or writer. Waits.
 * -EBUSY: a fiber waits in such a direction already.  -EBADF: one of them was
 * closed meanwhile.  -SNT_ETHREAD: one belongs to another thread.  -EINVAL: count is
 * 0, a socket NULL, or events nothing that can be waited for.
 */
SNT_API SNT_MUST_CHECK int snt_wait_any(struct snt_wait *waits, size_t count);

/* A registered socket: with its registration, or with what it is ready in. */
struct snt_selected {
	struct snt_socket *socket;
	unsigned events;
	void *data; /* as registered */
};

/*
 * Python's selectors.DefaultSelector: keeps what sockets are waited for
 * between one wait and the next, so that a wait costs what the ready ones do.
 * Belongs to the thread that opened it; on another every call is -SNT_ETHREAD.
 * -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_selector_open(struct snt_selector **selector);

/*
 * Borrows socket until it is unregistered or closed: closing unregisters it.
 * Fibers may go on using it meanwhile. data is the caller's own. Does not wait.
 * -EEXIST: it is registered here.  -EINVAL: socket is NULL, or events no
 * direction.  -SNT_ETHREAD: it belongs to another thread.  -ENOMEM, -ENOSPC; where a
 * thread without fibers goes over to another backend for many sockets, also
 * -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int snt_selector_register(struct snt_selector *selector,
						 struct snt_socket *socket,
						 unsigned events, void *data);
/* Other events, other data. -ENOENT: it is not registered; else as above, and
 * then the registration is as it was. */
SNT_API SNT_MUST_CHECK int snt_selector_modify(struct snt_selector *selector,
					       struct snt_socket *socket,
					       unsigned events, void *data);
/* -ENOENT: it is not registered. */
SNT_API int snt_selector_unregister(struct snt_selector *selector,
				    struct snt_socket *socket);

/*
 * Waits until a registered socket is ready; writes at most capacity of the
 * ready ones and returns how many. When there are more, the next call begins
 * with those left out. timeout: 0 and SNT_FOREVER are none; when it runs out,
 * or at once with SNT_NOWAIT, the answer is 0. One fiber at a time (-EBUSY).
 * Others may register and unregister meanwhile. Waits. -EBADF: the selector
 * was closed meanwhile.  -EINVAL: capacity is 0.
 */
SNT_API SNT_MUST_CHECK int snt_selector_select(struct snt_selector *selector,
					       struct snt_selected *ready,
					       size_t capacity,
					       int64_t timeout);

/* The registration of one socket. -ENOENT. */
SNT_API SNT_MUST_CHECK int
snt_selector_get_key(const struct snt_selector *selector,
		     const struct snt_socket *socket, struct snt_selected *key);
/* All registrations: writes at most capacity, returns how many there are. */
SNT_API SNT_MUST_CHECK int
snt_selector_get_map(const struct snt_selector *selector,
		     struct snt_selected *keys, size_t capacity);

/* Takes the selector; the sockets stay their owners'. Never fails, never
 * waits; NULL is fine. Does nothing on another thread while its own lives. */
SNT_API void snt_selector_close(struct snt_selector *selector);
SNT_API void snt_auto_selector(struct snt_selector **selector);

#ifdef __cplusplus
}
#endif
#endif
