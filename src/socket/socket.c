/* SPDX-License-Identifier: MIT */
/* The socket object: made, named, closed. */
#include "socket/socket.h"

#include "base/alloc.h"
#include "base/deadline.h"
#include "socket/layer.h"
#include "socket/owner.h"

#include <netinet/tcp.h>
#include <string.h>

enum snt__kind snt__kind_of(int family, int type, int protocol)
{
	if (type != SOCK_STREAM)
		return SNT__DATAGRAM;
	if ((family == AF_INET || family == AF_INET6) &&
	    (protocol == 0 || protocol == IPPROTO_TCP))
		return SNT__TCP;
	return SNT__STREAM;
}

int snt__socket_wrap(struct snt_socket **ret_socket, int fd, int family,
		     enum snt__kind kind)
{
	struct snt_socket *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return -ENOMEM;
	snt__handle_init(&made->handle, fd);
	made->family = (uint16_t)family;
	made->kind = (uint8_t)kind;
	*ret_socket = made;
	return 0;
}

int snt__socket_make(struct snt_socket **ret_socket, int family, int type,
		     int protocol)
{
	int fd = snt__io->socket(family, type, protocol);
	int code;

	if (fd < 0)
		return fd;
	code = snt__socket_wrap(ret_socket, fd, family,
				snt__kind_of(family, type, protocol));
	if (code < 0)
		snt__io->close(fd);
	return code;
}

int snt_socket(struct snt_socket **socket, int family, int type, int protocol)
{
	int code = snt__socket_make(socket, family, type, protocol);

	return code < 0 ? snt__fail(code, "socket") : 0;
}

int snt_socketpair(struct snt_socket **a, struct snt_socket **b, int type)
{
	enum snt__kind kind = snt__kind_of(AF_UNIX, type, 0);
	struct snt_socket *first, *second;
	int fds[2];
	int code = snt__io->socketpair(type, fds);

	if (code < 0)
		return snt__fail(code, "socketpair");
	code = snt__socket_wrap(&first, fds[0], AF_UNIX, kind);
	if (code < 0) {
		snt__io->close(fds[0]);
		snt__io->close(fds[1]);
		return snt__fail(code, "socketpair");
	}
	code = snt__socket_wrap(&second, fds[1], AF_UNIX, kind);
	if (code < 0) {
		snt_close(first);
		snt__io->close(fds[1]);
		return snt__fail(code, "socketpair");
	}
	*a = first;
	*b = second;
	return 0;
}

int snt__socket_listens(struct snt_socket *socket)
{
	if (socket->kind == SNT__LAYERED)
		return -EINVAL;
	if (socket->listener == NULL)
		socket->listener = snt__alloc(sizeof *socket->listener);
	return socket->listener != NULL ? 0 : -ENOMEM;
}

/* Takes fd also when it fails. */
static int adopt(struct snt_socket **ret_socket, int fd)
{
	struct snt__descriptor what;
	struct snt_socket *made;
	struct snt_addr peer;
	enum snt__kind kind = SNT__FILE;
	int code = snt__io->describe(fd, &what);

	if (code == 0 && what.family != AF_UNSPEC)
		kind = snt__kind_of(what.family, what.type, what.protocol);
	if (code == 0)
		code = snt__socket_wrap(&made, fd, what.family, kind);
	if (code != 0) {
		snt__io->close(fd);
		return code;
	}
	made->shared = true;
	made->blocking = !what.nonblocking;
	if (what.listening)
		code = snt__socket_listens(made);
	else if (kind != SNT__FILE && snt__io->getpeername(fd, &peer) == 0)
		snt__peer_set(made, &peer);
	if (code < 0)
		snt_close(made);
	else
		*ret_socket = made;
	return code;
}

int snt_fromfd(struct snt_socket **socket, int fd)
{
	int code = snt__io->dup(fd);

	if (code >= 0)
		code = adopt(socket, code);
	if (code == -EBADF)
		return snt__fail_text(code, "fromfd %d: not an open descriptor",
				      fd);
	return code < 0 ? snt__fail(code, "fromfd %d", fd) : 0;
}

void snt__peer_set(struct snt_socket *socket, const struct snt_addr *addr)
{
	struct snt__peer *peer = &socket->peer;

	if (addr->sa.any.sa_family == AF_INET) {
		peer->family = AF_INET;
		peer->port = addr->sa.in.sin_port;
		memcpy(peer->ip, &addr->sa.in.sin_addr, 4);
	} else if (addr->sa.any.sa_family == AF_INET6) {
		peer->family = AF_INET6;
		peer->port = addr->sa.in6.sin6_port;
		peer->scope = addr->sa.in6.sin6_scope_id;
		memcpy(peer->ip, &addr->sa.in6.sin6_addr, 16);
	} else {
		peer->family = 0;
	}
}

/* What was known when the connection began, for after a reset. */
static int kept_peer(const struct snt__peer *peer, struct snt_addr *addr)
{
	struct snt_addr kept = { .size = 0 };

	if (peer->family == AF_INET) {
		kept.size = sizeof kept.sa.in;
		kept.sa.in.sin_family = AF_INET;
		kept.sa.in.sin_port = peer->port;
		memcpy(&kept.sa.in.sin_addr, peer->ip, 4);
	} else if (peer->family == AF_INET6) {
		kept.size = sizeof kept.sa.in6;
		kept.sa.in6.sin6_family = AF_INET6;
		kept.sa.in6.sin6_port = peer->port;
		kept.sa.in6.sin6_scope_id = peer->scope;
		memcpy(&kept.sa.in6.sin6_addr, peer->ip, 16);
	} else {
		return -ENOTCONN;
	}
	*addr = kept;
	return 0;
}

int snt_getpeername(const struct snt_socket *socket, struct snt_addr *addr)
{
	int code = kept_peer(&socket->peer, addr);

	if (code < 0)
		code = snt__io->getpeername(socket->handle.fd, addr);
	return code < 0 ? snt__fail(code, "getpeername") : 0;
}

int snt_getsockname(const struct snt_socket *socket, struct snt_addr *addr)
{
	int code = snt__io->getsockname(socket->handle.fd, addr);

	return code < 0 ? snt__fail(code, "getsockname") : 0;
}

struct snt_socket *snt__socket_part(struct snt_socket *socket, size_t n)
{
	if (n == 0)
		return socket;
	return n < snt__part_count(socket) ? socket->listener->others[n - 1]
					   : NULL;
}

int snt_getsocknames(const struct snt_socket *socket, struct snt_addr *addrs,
		     size_t capacity)
{
	size_t others = snt__part_count(socket) - 1;
	int code = 0;

	if (capacity > 0)
		code = snt_getsockname(socket, &addrs[0]);
	for (size_t i = 0; i < others && i + 1 < capacity && code == 0; i++)
		code = snt_getsockname(socket->listener->others[i],
				       &addrs[i + 1]);
	return code < 0 ? code : (int)others + 1;
}

int snt_fileno(const struct snt_socket *socket)
{
	return socket->handle.fd;
}

void snt_settimeout(struct snt_socket *socket, int64_t timeout)
{
	struct snt_socket *part;

	for (size_t n = 0; (part = snt__socket_part(socket, n)) != NULL; n++)
		part->timeout = timeout < 0 ? SNT_NOWAIT : timeout;
}

int64_t snt_gettimeout(const struct snt_socket *socket)
{
	return socket->timeout;
}

void snt__call_deadline(const struct snt_socket *socket, int64_t *deadline)
{
	if (*deadline != 0)
		return;
	*deadline = SNT_FOREVER;
	if (socket->timeout != 0 && socket->timeout != SNT_FOREVER)
		*deadline = snt__deadline(snt__io->now(), socket->timeout);
}

int snt__call_wait(struct snt_socket *socket, unsigned direction,
		   int64_t *deadline)
{
	if (socket->timeout == SNT_NOWAIT)
		return -EAGAIN;
	snt__call_deadline(socket, deadline);
	/* A close on another thread wakes us by shutdown if by nothing else;
	 * but not where that would reach others. */
	if (socket->shared) {
		int code = snt__thread_reachable(snt__self);

		if (code < 0)
			return code;
	}
	if (__builtin_expect(socket->kind == SNT__LAYERED, 0))
		return snt__layer_wait(socket, direction, *deadline);
	return snt__wait(&socket->handle, direction, *deadline);
}

int snt__call_fail(const struct snt_socket *socket, int code, size_t done,
		   const char *what)
{
	char text[SNT_ADDR_TEXT];
	struct snt_addr addr;
	const char *words;

	if (code == -EBADF || code == -SNT_ETHREAD)
		return snt__fail_done(code, done, "%s this handle", what);
	if (socket->kind == SNT__FILE)
		return snt__fail_done(code, done, "%s, descriptor %d", what,
				      socket->handle.fd);
	if (socket->kind == SNT__LAYERED) {
		words = socket->layer->ops->words(socket->layer, code);
		if (words != NULL)
			return snt__fail_words(code, done, words);
	}
	if (kept_peer(&socket->peer, &addr) < 0 &&
	    snt__io->getpeername(socket->handle.fd, &addr) < 0 &&
	    snt__io->getsockname(socket->handle.fd, &addr) < 0)
		return snt__fail_done(code, done, "%s", what);
	if (addr.sa.any.sa_family == AF_UNIX &&
	    addr.size <= offsetof(struct sockaddr_un, sun_path))
		return snt__fail_done(code, done, "%s an unnamed socket", what);
	snt_addr_format(&addr, text, sizeof text);
	return snt__fail_done(code, done, "%s %s", what, text);
}

int snt__fail_no_stream(const char *what)
{
	return snt__fail_text(-EOPNOTSUPP,
			      "%s: only for streams; this handle's messages "
			      "come and go whole, by recv and send",
			      what);
}

/* Readable from now on, while a try goes on to say "not now". */
static bool goes_deaf(const struct snt_socket *part)
{
	return part->kind == SNT__DATAGRAM ||
	       (snt__listener_of(part) != NULL && part->family == AF_UNIX);
}

int snt_shutdown(struct snt_socket *socket, int how)
{
	struct snt_socket *part;
	int code = snt__handle_claim(snt__thread_now(), &socket->handle);

	if (code == 0 && socket->kind == SNT__LAYERED)
		code = socket->layer->ops->shutdown(socket, how);
	else
		for (size_t n = 0;
		     code == 0 && (part = snt__socket_part(socket, n)) != NULL;
		     n++) {
			code = snt__io->shutdown(part->handle.fd, how);
			/* Done, although one without a peer says -ENOTCONN. */
			if (how != SHUT_WR &&
			    (code == 0 || code == -ENOTCONN) && goes_deaf(part))
				part->deaf = true;
		}
	return code < 0 ? snt__call_fail(socket, code, 0, "shutdown") : 0;
}

static void free_listener(struct snt__listener *listener)
{
	struct snt__file_id now;

	for (size_t i = 0; i < listener->other_count; i++)
		snt_close(listener->others[i]);
	/* Somebody else's file may have taken the name since; and a forked child
	 * leaves the parent's. */
	if (listener->path != NULL && listener->forks == snt__forks &&
	    snt__io->file_id(listener->path, &now) == 0 &&
	    now.device == listener->file.device &&
	    now.inode == listener->file.inode)
		snt__io->unlink(listener->path);
	if (listener->spare_layer != NULL)
		listener->spare_layer->ops->end(listener->spare_layer);
	if (listener->tls != NULL)
		snt__secure_of(listener->tls)->drop(listener->tls);
	snt__free(listener->path);
	snt__free(listener->spare);
	snt__free(listener->others);
	snt__free(listener);
}

int snt_detach(struct snt_socket *socket)
{
	int fd = socket->handle.fd;
	int code = snt__handle_claim(snt__thread_now(), &socket->handle);

	if (code < 0)
		return snt__fail(code, "detach");
	if (socket->kind == SNT__LAYERED)
		return snt__layer_refuse(socket, "detach");
	if (socket->listener != NULL && socket->listener->other_count > 0)
		return snt__fail_text(-EINVAL,
				      "detach: this server has %zu descriptors",
				      socket->listener->other_count + 1);
	snt__handle_end(&socket->handle);
	if (socket->listener != NULL) {
		/* The file stays: the descriptor still listens on it. */
		snt__free(socket->listener->path);
		socket->listener->path = NULL;
		free_listener(socket->listener);
	}
	snt__free(socket);
	return fd;
}

void snt__close_here(struct snt_socket *socket, bool goodbye)
{
	snt__handle_end(&socket->handle);
	if (socket->kind == SNT__LAYERED) {
		if (goodbye)
			socket->layer->ops->goodbye(socket);
		socket->layer->ops->end(snt__layer_take(socket));
	} else if (socket->listener != NULL) {
		free_listener(socket->listener);
	}
	snt__io->close(socket->handle.fd);
	snt__free(socket);
	snt__descriptor_freed();
}

void snt_close(struct snt_socket *socket)
{
	if (socket != NULL && !snt__close_elsewhere(socket, SNT__CLOSE))
		snt__close_here(socket, true);
}

void snt_abort(struct snt_socket *socket)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	bool resets;

	if (socket == NULL)
		return;
	resets = snt__is_tcp(socket) && snt__listener_of(socket) == NULL;
	if (resets)
		snt__io->setsockopt(socket->handle.fd, SOL_SOCKET, SO_LINGER,
				    &at_once, sizeof at_once);
	if (!snt__close_elsewhere(socket, resets ? SNT__RESET : SNT__ABANDON))
		snt__close_here(socket, false);
}

void snt_auto_socket(struct snt_socket **socket)
{
	snt_close(*socket);
	*socket = NULL;
}
