/* SPDX-License-Identifier: MIT */
/* A listening handle from a text: looked up, bound on every address, with one
 * port for all of them. */
#include "socket/socket.h"

#include "addr/endpoint.h"
#include "base/alloc.h"
#include "base/deadline.h"
#include "socket/layer.h"

#include <netinet/tcp.h>
#include <sennit/fiber.h>
#include <sennit/resolve.h>
#include <stdio.h>
#include <string.h>

/* A port that is free for the first address may be taken for the next. */
#define PORT_TRIES 16

/* What is asked for, settled; too large for the stack of a fiber. */
struct plan {
	struct snt_server_opts opts;
	struct snt_addr addrs[SNT__PARTS_MAX];
	size_t count;
	bool dual_stack;  /* one IPv6 socket for both families */
	bool from_name;   /* an address that is not here may be left out */
	int64_t patience; /* what is left of it: see wait_for_address */
};

static int switch_on(int fd, int level, int option)
{
	const int on = 1;

	return snt__io->setsockopt(fd, level, option, &on, sizeof on);
}

/* Before bind. */
static int configure(const struct plan *plan, int fd, int family)
{
	bool stream = plan->opts.type == SOCK_STREAM;
	const int v6only = !plan->dual_stack;
	int code = 0;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	/* On datagrams it would let a second server take the port unnoticed. */
	if (stream)
		code = switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
	if (code == 0 && plan->opts.join_port)
		code = switch_on(fd, SOL_SOCKET, SO_REUSEPORT);
	if (code == 0 && stream && !plan->opts.nagle)
		code = switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
	if (code == 0 && family == AF_INET6)
		code = snt__io->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					   &v6only, sizeof v6only);
	return code;
}

/* Between its bind and its listen a server refuses, too. */
#define STALE_PAUSE (20 * SNT_MILLISECOND)

static bool refuses(const struct plan *plan, const struct snt_addr *addr)
{
	int fd = snt__io->socket(AF_UNIX, plan->opts.type, 0);
	int code;

	if (fd < 0)
		return false;
	code = snt__io->connect(fd, addr);
	snt__io->close(fd);
	return code == -ECONNREFUSED;
}

/* Whether the file is a socket's that nobody listens on any more. */
static bool is_stale(const struct plan *plan, const struct snt_addr *addr)
{
	struct snt__file_id file;

	return snt__io->file_id(addr->sa.un.sun_path, &file) == 0 &&
	       refuses(plan, addr) && snt_sleep(STALE_PAUSE) == 0 &&
	       refuses(plan, addr);
}

static bool is_ip(const struct snt_addr *addr)
{
	return addr->sa.any.sa_family == AF_INET ||
	       addr->sa.any.sa_family == AF_INET6;
}

static bool has_path(const struct snt_addr *addr)
{
	return addr->sa.any.sa_family == AF_UNIX &&
	       addr->size > offsetof(struct sockaddr_un, sun_path) &&
	       addr->sa.un.sun_path[0] != '\0';
}

/* Remembers the file, to remove it at close. */
static int own_path(struct snt_socket *socket, const struct plan *plan,
		    const struct snt_addr *addr)
{
	const char *path = addr->sa.un.sun_path;
	size_t size = strlen(path) + 1;
	int code = snt__socket_listens(socket);

	if (code == 0) {
		socket->listener->path = snt__alloc(size);
		code = socket->listener->path != NULL ? 0 : -ENOMEM;
	}
	if (code == 0) {
		memcpy(socket->listener->path, path, size);
		socket->listener->forks = snt__forks;
		code = snt__io->file_id(path, &socket->listener->file);
	}
	if (code == 0 && plan->opts.mode != 0)
		code = snt__io->chmod(path, plan->opts.mode);
	if (code < 0)
		snt__io->unlink(path);
	return code;
}

static int bind_or_replace(const struct plan *plan, int fd,
			   const struct snt_addr *addr)
{
	int code = snt__io->bind(fd, addr);

	if (code == -EADDRINUSE && has_path(addr) && is_stale(plan, addr)) {
		snt__io->unlink(addr->sa.un.sun_path);
		code = snt__io->bind(fd, addr);
	}
	return code;
}

/*
 * The sockets of a process that died with an io_uring live on for some
 * milliseconds. So an address in use is asked for again, after ever longer
 * pauses, for this long in all.
 */
#define PATIENCE (250 * SNT_MILLISECOND)
#define FIRST_PAUSE (10 * SNT_MILLISECOND)

/* 0: it is worth another try. */
static int wait_for_address(struct plan *plan, int64_t *pause)
{
	int64_t duration = snt__earlier(*pause, plan->patience);

	if (duration == 0)
		return -EADDRINUSE;
	plan->patience -= duration;
	*pause *= 2;
	return snt_sleep(duration);
}

static int bind_patiently(struct plan *plan, int fd,
			  const struct snt_addr *addr, bool any_port)
{
	int64_t pause = FIRST_PAUSE;
	int code;

	do {
		code = bind_or_replace(plan, fd, addr);
		if (code != -EADDRINUSE || any_port)
			return code;
		code = wait_for_address(plan, &pause);
	} while (code == 0);
	return code;
}

static int bind_one(struct snt_socket **ret_socket, struct plan *plan,
		    const struct snt_addr *addr, bool any_port)
{
	int family = addr->sa.any.sa_family;
	struct snt_socket *made;
	int code = snt__socket_make(&made, family, plan->opts.type, 0);

	if (code < 0)
		return code;
	code = configure(plan, made->handle.fd, family);
	if (code == 0)
		code = bind_patiently(plan, made->handle.fd, addr, any_port);
	if (code == 0 && has_path(addr))
		code = own_path(made, plan, addr);
	/* Only now: the bind above has to fail where another server is. */
	if (code == 0 && plan->opts.share_port)
		code = switch_on(made->handle.fd, SOL_SOCKET, SO_REUSEPORT);
	if (code < 0)
		snt_close(made);
	else
		*ret_socket = made;
	return code;
}

/* An address of the name that this machine does not have just now. */
static bool can_leave_out(const struct plan *plan, int code)
{
	return plan->from_name && plan->count > 1 &&
	       (code == -EADDRNOTAVAIL || code == -EAFNOSUPPORT);
}

static int fail_on(int code, const struct plan *plan,
		   const struct snt_addr *addr)
{
	char text[SNT_ADDR_TEXT];

	snt_addr_format(addr, text, sizeof text);
	if (code == -EADDRINUSE && plan->patience == 0)
		return snt__fail_text(
			code, "listen on %s: %s (tried for %d ms)", text,
			snt_strerror(code), (int)(PATIENCE / SNT_MILLISECOND));
	return snt__fail(code, "listen on %s", text);
}

/* Adds a further descriptor to the server. Takes socket. */
static int add_part(struct snt_socket *server, struct snt_socket *socket)
{
	struct snt__listener *listener = server->listener;
	struct snt_socket **others = snt__realloc_array(
		listener->others, listener->other_count + 1, sizeof others[0]);

	if (others == NULL) {
		snt_close(socket);
		return -ENOMEM;
	}
	listener->others = others;
	others[listener->other_count++] = socket;
	return 0;
}

/* Binds all; the port of the first is that of the others. */
static int bind_all(struct snt_socket **ret_server, struct plan *plan)
{
	struct snt_socket *server = NULL, *part;
	uint16_t port = 0;
	int code = 0, left_out = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct snt_addr addr = plan->addrs[i];
		bool any_port = is_ip(&addr) && snt_addr_port(&addr) == 0;

		if (port != 0 && snt_addr_port(&addr) == 0)
			(void)!snt_addr_set_port(&addr, port);
		code = bind_one(&part, plan, &addr, any_port);
		if (code < 0 && can_leave_out(plan, code)) {
			left_out = fail_on(code, plan, &addr);
			continue;
		}
		if (code == 0 && server == NULL) {
			server = part;
			code = snt__socket_listens(server);
			if (code == 0)
				code = snt_getsockname(server, &addr);
			if (code == 0)
				port = snt_addr_port(&addr);
		} else if (code == 0) {
			code = add_part(server, part);
		}
		if (code < 0) {
			snt_close(server);
			return fail_on(code, plan, &addr);
		}
	}
	if (server == NULL)
		return left_out;
	*ret_server = server;
	return 0;
}

static int listen_all(struct snt_socket *server, const struct plan *plan)
{
	struct snt_socket *part;
	int backlog = plan->opts.backlog > 0 ? plan->opts.backlog : SOMAXCONN;

	if (plan->opts.type == SOCK_DGRAM)
		return 0;
	for (size_t n = 0; (part = snt__socket_part(server, n)) != NULL; n++) {
		int code = snt__io->listen(part->handle.fd, backlog);

		if (code < 0) {
			struct snt_addr addr;

			if (snt__io->getsockname(part->handle.fd, &addr) == 0)
				return fail_on(code, plan, &addr);
			return snt__fail(code, "listen");
		}
	}
	return 0;
}

static int make_server(struct snt_socket **ret_server, struct plan *plan)
{
	bool any_port = snt_addr_port(&plan->addrs[0]) == 0;
	struct snt_socket *server = NULL;
	int code = -EADDRINUSE;

	plan->patience = PATIENCE;
	for (int i = 0; i < PORT_TRIES && code == -EADDRINUSE; i++) {
		code = bind_all(&server, plan);
		if (code == 0) {
			code = listen_all(server, plan);
			if (code < 0)
				snt_close(server);
		}
		if (!any_port)
			break;
	}
	if (code == 0)
		*ret_server = server;
	return code;
}

/* Every interface: one socket for both families, or IPv4 alone where there is
 * no IPv6. */
static int make_any(struct snt_socket **ret_server, struct plan *plan,
		    uint16_t port)
{
	int code;

	plan->count = 1;
	plan->dual_stack = true;
	plan->addrs[0] =
		(struct snt_addr){ .size = sizeof plan->addrs[0].sa.in6 };
	plan->addrs[0].sa.in6.sin6_family = AF_INET6;
	plan->addrs[0].sa.in6.sin6_port = htons(port);
	code = make_server(ret_server, plan);
	if (code != -EAFNOSUPPORT && code != -EADDRNOTAVAIL)
		return code;
	plan->dual_stack = false;
	plan->addrs[0] =
		(struct snt_addr){ .size = sizeof plan->addrs[0].sa.in };
	plan->addrs[0].sa.in.sin_family = AF_INET;
	plan->addrs[0].sa.in.sin_port = htons(port);
	return make_server(ret_server, plan);
}

static int from_fd(struct snt_socket **ret_server, int fd,
		   const struct plan *plan)
{
	struct snt_socket *server;
	int code = snt_fromfd(&server, fd);

	if (code < 0)
		return code;
	if (plan->opts.type == SOCK_DGRAM ? server->kind != SNT__DATAGRAM
					  : server->listener == NULL) {
		snt_close(server);
		return snt__fail_text(
			-EINVAL, "listen on fd:%d: it is not a %s socket", fd,
			plan->opts.type == SOCK_DGRAM ? "datagram"
						      : "listening");
	}
	*ret_server = server;
	return 0;
}

static int from_text(struct snt_socket **ret_server, struct plan *plan,
		     const char *text)
{
	const struct snt_getaddrinfo_opts lookup = { .type = plan->opts.type,
						     .passive = true };
	struct snt__endpoint where;
	char port[8];
	int code = snt__endpoint_parse(&where, text, snt__io->if_nametoindex);

	if (code < 0)
		return code;
	switch (where.kind) {
	case SNT__ENDPOINT_FD:
		return from_fd(ret_server, where.fd, plan);
	case SNT__ENDPOINT_IP:
	case SNT__ENDPOINT_UNIX:
		plan->addrs[0] = where.addr;
		plan->count = 1;
		return make_server(ret_server, plan);
	case SNT__ENDPOINT_ANY:
		if (where.service[0] == '\0')
			return make_any(ret_server, plan, where.port);
		break;
	case SNT__ENDPOINT_NAME:
		break;
	}
	plan->from_name = true;
	snprintf(port, sizeof port, "%u", where.port);
	code = snt_getaddrinfo(where.host,
			       where.service[0] ? where.service : port,
			       plan->addrs, SNT__PARTS_MAX, &lookup);
	if (code < 0)
		return code;
	plan->count = code < SNT__PARTS_MAX ? (size_t)code : SNT__PARTS_MAX;
	return make_server(ret_server, plan);
}

static int secure(struct snt_socket *server, const struct plan *plan)
{
	struct snt_tls_context *tls = plan->opts.tls;
	int code;

	if (plan->opts.type != SOCK_STREAM)
		return snt__fail_text(-EINVAL, "listen: TLS needs streams");
	code = snt__secure_of(tls)->serve(tls);
	if (code == 0)
		server->listener->tls = tls;
	return code;
}

int snt_create_server(struct snt_socket **server, const char *text,
		      const struct snt_server_opts *opts)
{
	struct snt_socket *made = NULL;
	struct plan *plan;
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "listen on %s", text ? text : "");
	plan = snt__alloc(sizeof *plan);
	if (plan == NULL)
		return snt__fail(-ENOMEM, "listen on %s", text ? text : "");
	if (opts != NULL)
		plan->opts = *opts;
	if (plan->opts.type == 0)
		plan->opts.type = SOCK_STREAM;
	code = from_text(&made, plan, text);
	if (made != NULL && plan->opts.tls != NULL)
		code = secure(made, plan);
	if (code == 0)
		*server = made;
	else
		snt_close(made);
	snt__free(plan);
	return code;
}
