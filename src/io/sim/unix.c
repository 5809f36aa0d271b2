/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets of simulated hosts: made, shut down, closed; options and names.
 * Built for some tens a host. A peer is a pointer that holds its memory, so a
 * connection whose other end has closed still tells who that was. Nothing here
 * takes time: what is sent is there.
 *
 * A socket that has been sent to itself over itself is closed when its host
 * ends, not before: there is no search for such cycles.
 */
#include "io/sim/cost.h"
#include "io/sim/unix_message.h"

#include <string.h>

#define SHUT_BOTH 3u
#define ALL (SNT__READ | SNT__WRITE | SNT__ODD)

void snt__sim_unix_hold(struct snt__sim_unix *sock)
{
	sock->holds++;
}

void snt__sim_unix_let_go(struct snt__sim_unix *sock)
{
	if (--sock->holds > 0)
		return;
	snt__sim_unix_name_drop(sock->name);
	snt__sim_free(sock);
}

void snt__sim_unix_set_peer(struct snt__sim_unix *sock,
			    struct snt__sim_unix *peer)
{
	struct snt__sim_unix *old = sock->peer;

	if (peer != NULL)
		snt__sim_unix_hold(peer);
	sock->peer = peer;
	snt__list_remove(&sock->in_followers);
	if (peer != NULL && sock->file.type == SOCK_DGRAM)
		snt__list_append(&peer->followers, &sock->in_followers);
	if (old != NULL)
		snt__sim_unix_let_go(old);
}

static bool is_connection(const struct snt__sim_unix *sock)
{
	return sock->file.type != SOCK_DGRAM;
}

/* The other end of a connection learns of it; lost says that something was
 * never read, or never accepted. */
static void tell_peer(const struct snt__sim_unix *sock, bool lost)
{
	struct snt__sim_unix *peer = sock->peer;

	if (peer == NULL || peer->gone || !is_connection(sock))
		return;
	peer->shut = SHUT_BOTH;
	if (lost)
		peer->file.options.error = ECONNRESET;
	snt__sim_file_stir(&peer->file, ALL);
}

/* A connection that nobody will accept. */
static void refuse(struct snt__sim_unix *embryo)
{
	tell_peer(embryo, true);
	snt__sim_unix_leave(embryo);
	snt__sim_unix_let_go(embryo);
}

static void wake_followers(struct snt__sim_unix *sock)
{
	struct snt__link *link;

	/* They keep it as their peer: their next send finds it gone. */
	while ((link = snt__list_first(&sock->followers)) != NULL) {
		snt__list_remove(link);
		snt__sim_file_stir(&SNT__CONTAINER(link, struct snt__sim_unix,
						   in_followers)
					    ->file,
				   SNT__WRITE);
	}
}

void snt__sim_unix_leave(struct snt__sim_unix *sock)
{
	struct snt__link *link;

	if (sock->gone)
		return;
	sock->gone = true;
	/* Its last descriptor may be in its own queue. */
	snt__sim_unix_hold(sock);
	snt__list_remove(&sock->in_host);
	snt__sim_unix_unname(sock);
	while ((link = snt__list_first(&sock->pending)) != NULL) {
		snt__list_remove(link);
		refuse(SNT__CONTAINER(link, struct snt__sim_unix, in_pending));
	}
	sock->pending_count = 0;
	tell_peer(sock, !snt__list_empty(&sock->queue));
	wake_followers(sock);
	snt__sim_unix_set_peer(sock, NULL);
	snt__sim_unix_purge(sock);
	snt__sim_unix_let_go(sock);
}

static void unix_close(struct snt__sim_file *file)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);

	snt__sim_unix_leave(sock);
	snt__sim_unix_let_go(sock);
}

static int unix_connect(struct snt__sim_file *file, const struct snt_addr *addr)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);

	return is_connection(sock) ? snt__sim_unix_connect(sock, addr)
				   : snt__sim_unix_connect_datagram(sock, addr);
}

static ptrdiff_t unix_send(struct snt__sim_file *file,
			   const struct msghdr *message, int flags)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);

	return file->type == SOCK_STREAM
		       ? snt__sim_unix_send_stream(sock, message, flags)
		       : snt__sim_unix_send_datagram(sock, message, flags);
}

static ptrdiff_t unix_recv(struct snt__sim_file *file, struct msghdr *message,
			   int flags)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);

	return file->type == SOCK_STREAM
		       ? snt__sim_unix_recv_stream(sock, message, flags)
		       : snt__sim_unix_recv_datagram(sock, message, flags);
}

/* Connected or not. One's sending is the other's receiving. */
static int unix_shutdown(struct snt__sim_file *file, int how)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);
	struct snt__sim_unix *peer = sock->peer;
	unsigned bits = (unsigned)how + 1;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	sock->shut |= bits;
	snt__sim_file_stir(file, ALL);
	if (peer == NULL || peer->gone || !is_connection(sock))
		return 0;
	peer->shut |= (bits & 1) << 1 | bits >> 1;
	snt__sim_file_stir(&peer->file, ALL);
	return 0;
}

static int unix_getsockname(struct snt__sim_file *file, struct snt_addr *addr)
{
	snt__sim_unix_addr(snt__sim_unix_of(file), addr);
	return 0;
}

static int unix_getpeername(struct snt__sim_file *file, struct snt_addr *addr)
{
	const struct snt__sim_unix *sock = snt__sim_unix_of(file);

	if (sock->peer == NULL)
		return -ENOTCONN;
	snt__sim_unix_addr(sock->peer, addr);
	return 0;
}

static int unix_setsockopt(struct snt__sim_file *file, int level, int name,
			   const void *value, socklen_t size)
{
	int on;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (name != SO_PASSCRED)
		return -ENOPROTOOPT;
	if (size < sizeof on)
		return -EINVAL;
	memcpy(&on, value, sizeof on);
	snt__sim_unix_of(file)->passes_credentials = on != 0;
	return 0;
}

static int unix_getsockopt(struct snt__sim_file *file, int level, int name,
			   void *value, socklen_t *size)
{
	const struct snt__sim_unix *sock = snt__sim_unix_of(file);
	struct ucred peer = { 0, (uid_t)-1, (gid_t)-1 };
	int on = sock->passes_credentials;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (sock->has_peer_credentials)
		peer = (struct ucred){ (pid_t)file->host->number + 1, 0, 0 };
	if (name == SO_PASSCRED) {
		*size = *size < sizeof on ? *size : sizeof on;
		memcpy(value, &on, *size);
	} else if (name == SO_PEERCRED) {
		*size = *size < sizeof peer ? *size : sizeof peer;
		memcpy(value, &peer, *size);
	} else {
		return -ENOPROTOOPT;
	}
	return 0;
}

static unsigned unix_ready(const struct snt__sim_file *file)
{
	const struct snt__sim_unix *sock = snt__sim_unix_of(file);
	const struct snt__sim_unix *peer = sock->peer;
	unsigned ready = 0;

	if (sock->gone || file->options.error != 0 || sock->shut == SHUT_BOTH ||
	    (is_connection(sock) && sock->state == SNT__SIM_UNIX_FRESH))
		return ALL;
	if (!snt__list_empty(&sock->queue) || sock->pending_count > 0)
		ready |= SNT__READ;
	if (sock->shut & (SHUT_RD + 1))
		ready |= SNT__READ | SNT__ODD;
	if (sock->state == SNT__SIM_UNIX_LISTENS ||
	    !snt__sim_unix_writable(sock))
		return ready;
	/* A datagram socket waits for room at its peer, too. */
	if (is_connection(sock) || peer == NULL || peer->gone ||
	    peer->peer == sock || !snt__sim_unix_full(peer))
		ready |= SNT__WRITE;
	return ready;
}

static const struct snt__sim_file_ops unix_ops = {
	.kind = "unix",
	.bind = snt__sim_unix_bind,
	.listen = snt__sim_unix_listen,
	.accept = snt__sim_unix_accept,
	.connect = unix_connect,
	.send = unix_send,
	.recv = unix_recv,
	.shutdown = unix_shutdown,
	.getsockname = unix_getsockname,
	.getpeername = unix_getpeername,
	.setsockopt = unix_setsockopt,
	.getsockopt = unix_getsockopt,
	.ready = unix_ready,
	.close = unix_close,
};

struct snt__sim_unix *snt__sim_unix_make(struct snt__sim_host *host, int type)
{
	struct snt__sim_unix *sock = snt__sim_alloc(sizeof *sock);

	sock->file.host = host;
	snt__sim_file_init(&sock->file, &unix_ops, AF_UNIX, type, 0);
	snt__sim_cost_buffers(&sock->file);
	sock->holds = 1;
	snt__list_init(&sock->followers);
	snt__list_init(&sock->in_followers);
	snt__list_init(&sock->queue);
	snt__list_init(&sock->pending);
	snt__list_init(&sock->in_pending);
	snt__list_append(&host->unix_names->sockets, &sock->in_host);
	return sock;
}

/* Linux takes a raw one for one of datagrams. */
static int check_type(int *type)
{
	if (*type == SOCK_RAW)
		*type = SOCK_DGRAM;
	return *type == SOCK_STREAM || *type == SOCK_DGRAM ||
			       *type == SOCK_SEQPACKET
		       ? 0
		       : -ESOCKTNOSUPPORT;
}

int snt__sim_unix_socket(struct snt__sim_file **made, int type)
{
	int code = check_type(&type);

	if (code == 0)
		*made = &snt__sim_unix_make(snt__sim_host_now(), type)->file;
	return code;
}

int snt__sim_unix_pair(int type, struct snt__sim_file *made[2])
{
	struct snt__sim_unix *both[2];
	int code = check_type(&type);

	if (code < 0)
		return code;
	for (int i = 0; i < 2; i++) {
		both[i] = snt__sim_unix_make(snt__sim_host_now(), type);
		both[i]->state = SNT__SIM_UNIX_CONNECTED;
		both[i]->has_peer_credentials = true;
		made[i] = &both[i]->file;
	}
	snt__sim_unix_set_peer(both[0], both[1]);
	snt__sim_unix_set_peer(both[1], both[0]);
	return 0;
}

void snt__sim_unix_begin(struct snt__sim_host *host)
{
	host->unix_names = snt__sim_alloc(sizeof *host->unix_names);
	snt__list_init(&host->unix_names->sockets);
	snt__list_init(&host->unix_names->garbage);
	for (size_t i = 0; i < SNT__SIM_UNIX_BUCKETS; i++)
		snt__list_init(&host->unix_names->names[i]);
}

void snt__sim_unix_kill(struct snt__sim_host *host)
{
	struct snt__link *link;

	while ((link = snt__list_first(&host->unix_names->sockets)) != NULL)
		snt__sim_unix_leave(
			SNT__CONTAINER(link, struct snt__sim_unix, in_host));
}

void snt__sim_unix_end(struct snt__sim_host *host)
{
	snt__sim_unix_kill(host);
	snt__sim_unix_names_end(host);
	snt__sim_free(host->unix_names);
	host->unix_names = NULL;
}
