/* SPDX-License-Identifier: MIT */
/* Torture of sockets and names. */
#include "together.h"

#include <sennit/datagram.h>
#include <sennit/options.h>
#include <sennit/peer.h>
#include <sennit/resolve.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct world {
	struct snt_socket *server;
	struct snt_group *group; /* of the serving fiber */
	struct snt_addr addr;
	char text[160];
};

static int serve_one(struct snt_socket *conn)
{
	char buffer[64];
	ptrdiff_t n;

	while ((n = snt_recv(conn, buffer, sizeof buffer)) > 0)
		SNT_TRY(snt_sendall(conn, buffer, (size_t)n));
	return (int)n;
}

static int serve(void *arg)
{
	const struct world *world = arg;

	/* An attempt that lost its race may stand in the queue as well. */
	for (;;) {
		snt_auto(socket) conn = NULL;

		SNT_TRY(snt_accept(world->server, &conn));
		SNT_TRY(serve_one(conn));
	}
}

static int talk(struct snt_socket *socket)
{
	char buffer[64];

	SNT_TRY(snt_sendall(socket, "one line\nand 8 b.", 17));
	EXPECT(snt_recv_until(socket, "\n", 1, buffer, sizeof buffer), 9);
	EXPECT(snt_recv_exact(socket, buffer, 8), 8);
	SNT_TRY(snt_shutdown(socket, SHUT_WR));
	EXPECT(snt_recv(socket, buffer, sizeof buffer), 0);
	return memcmp(buffer, "and 8 b.", 8) == 0 ? 0 : -EPROTO;
}

static int ask_by_address(void *arg)
{
	const struct world *world = arg;
	snt_auto(socket) socket = NULL;
	struct snt_addr peer;

	SNT_TRY(snt_socket(&socket, world->addr.sa.any.sa_family, SOCK_STREAM,
			   0));
	SNT_TRY(snt_connect(socket, &world->addr));
	SNT_TRY(snt_getpeername(socket, &peer));
	return talk(socket);
}

static int ask_by_text(void *arg)
{
	const struct world *world = arg;
	snt_auto(socket) socket = NULL;

	SNT_TRY(snt_create_connection(&socket, world->text, NULL));
	return talk(socket);
}

/* Through a descriptor that was made elsewhere, and may wait. */
static int ask_by_adopted(void *arg)
{
	const struct world *world = arg;
	int fd = socket(world->addr.sa.any.sa_family, SOCK_STREAM, 0);
	snt_auto(socket) adopted = NULL;
	int code;

	if (fd < 0)
		return WRONG;
	code = snt_fromfd(&adopted, fd);
	close(fd);
	SNT_TRY(code);
	SNT_TRY(snt_connect(adopted, &world->addr));
	return talk(adopted);
}

/* One client after the other; then the server has done its work too. */
static int ask(void *arg)
{
	const struct world *world = arg;

	SNT_TRY(ask_by_text(arg));
	SNT_TRY(ask_by_adopted(arg));
	SNT_TRY(ask_by_address(arg));
	snt_group_cancel(world->group);
	return 0;
}

static int serve_and_ask(struct world *world)
{
	int code, ended;

	SNT_TRY(code = snt_group_open(&world->group, NULL));
	code = snt_spawn(world->group, serve, world, NULL);
	if (code == 0)
		code = snt_spawn(world->group, ask, world, NULL);
	if (code == 0)
		code = snt_group_wait(world->group);
	ended = snt_group_end(world->group);
	return code < 0 ? code : ended;
}

/* host NULL: the server is asked by the very text it listens on. */
static int with_server(const char *where, const char *host)
{
	struct snt_addr all[4];
	snt_auto(socket) server = NULL;
	struct world world;
	int count;

	SNT_TRY(snt_create_server(&server, where, NULL));
	SNT_TRY(count = snt_getsocknames(server, all, COUNT(all)));
	/* The same port on each, whatever failed meanwhile. */
	for (int i = 1; i < count; i++)
		if (snt_addr_port(&all[i]) != snt_addr_port(&all[0]))
			return WRONG;
	world.server = server;
	world.addr = all[0];
	snprintf(world.text, sizeof world.text, "%s", where);
	if (host != NULL)
		snprintf(world.text, sizeof world.text, "%s:%u", host,
			 snt_addr_port(&all[0]));
	return serve_and_ask(&world);
}

static int echo_over_tcp(void)
{
	return with_server("127.0.0.1:0", "127.0.0.1");
}

static int server_and_race_of_two_families(void)
{
	return with_server("localhost:0", "localhost");
}

static int server_on_every_interface(void)
{
	return with_server(":0", "localhost");
}

static int names_through_the_resolver(void)
{
	return with_server("server.test:0", "server.test");
}

static int echo_over_unix(void)
{
	char where[64];

	snprintf(where, sizeof where, "unix:@sennit-torture-%d", getpid());
	return with_server(where, NULL);
}

/* With a socket's file that a server left behind. */
static int unix_server_with_a_stale_file(void)
{
	char where[64], *path = where + strlen("unix:");
	struct snt_server_opts opts = { .mode = 0600 };
	snt_auto(socket) stale = NULL;
	struct snt_addr addr;
	int code, fd;

	snprintf(where, sizeof where, "unix:/tmp/sennit-torture-%d", getpid());
	SNT_TRY(snt_addr_parse(&addr, where));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, &addr.sa.any, addr.size) < 0)
		return WRONG;
	close(fd);
	code = snt_create_server(&stale, where, &opts);
	if (code == 0) {
		snt_close(stale);
		stale = NULL;
		code = with_server(where, NULL);
	}
	unlink(path);
	return code;
}

static int send_datagrams(void *arg)
{
	const struct world *world = arg;
	snt_auto(socket) socket = NULL;
	char answer[16];

	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	EXPECT(snt_sendto(socket, "ping", 4, &world->addr), 4);
	EXPECT(snt_recvfrom(socket, answer, sizeof answer, NULL), 4);
	SNT_TRY(snt_connect(socket, &world->addr));
	EXPECT(snt_send(socket, "pong", 4), 4);
	EXPECT(snt_recv(socket, answer, sizeof answer), 4);
	return memcmp(answer, "pong", 4) == 0 ? 0 : -EPROTO;
}

static int return_datagrams(void *arg)
{
	const struct world *world = arg;
	struct snt_addr from;
	char data[16];

	for (int i = 0; i < 2; i++) {
		ptrdiff_t n =
			snt_recvfrom(world->server, data, sizeof data, &from);

		SNT_TRY(n);
		SNT_TRY(snt_sendto(world->server, data, (size_t)n, &from));
	}
	return 0;
}

static int datagrams(void)
{
	int (*const fns[])(void *) = { return_datagrams, send_datagrams };
	snt_auto(socket) server = NULL;
	struct world world;

	SNT_TRY(snt_create_server(
		&server, "127.0.0.1:0",
		&(struct snt_server_opts){ .type = SOCK_DGRAM }));
	SNT_TRY(snt_getsockname(server, &world.addr));
	world.server = server;
	return run_together(fns, COUNT(fns), &world);
}

#define BATCH 40

static int send_batch(void *arg)
{
	const struct world *world = arg;
	struct snt_addr to = world->addr;
	struct snt_datagram batch[BATCH];
	snt_auto(socket) socket = NULL;
	char bytes[] = "batch";

	/* Some of one size, some not, so that both ways are gone. */
	for (size_t i = 0; i < BATCH; i++)
		batch[i] = (struct snt_datagram){ .buffer = bytes,
						  .size = i < 20 ? 5 : i % 6,
						  .addr = &to };
	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_recverr(socket, true));
	for (ptrdiff_t sent = 0, n; sent < BATCH; sent += n)
		SNT_TRY(n = snt_sendmany(socket, batch + sent,
					 (size_t)(BATCH - sent)));
	return 0;
}

static int recv_batch(void *arg)
{
	const struct world *world = arg;
	struct snt_datagram batch[BATCH];
	char room[SNT_BATCH_SIZE(BATCH, 64)];
	int code = snt_set_control(world->server,
				   SNT_CONTROL_LOCAL | SNT_CONTROL_TIME);
	ptrdiff_t got = 0, n = 0;

	while (code == 0 && got < BATCH) {
		n = snt_recvmany(world->server, room, sizeof room, batch,
				 BATCH);
		if (n < 0)
			return (int)n;
		for (ptrdiff_t i = 0; i < n; i++)
			if (memcmp(batch[i].buffer, "batch", batch[i].size) !=
			    0)
				return -EPROTO;
		got += n;
	}
	return code;
}

static int batches(void)
{
	int (*const fns[])(void *) = { recv_batch, send_batch };
	snt_auto(socket) server = NULL;
	struct world world;

	SNT_TRY(snt_create_server(
		&server, "127.0.0.1:0",
		&(struct snt_server_opts){ .type = SOCK_DGRAM }));
	SNT_TRY(snt_getsockname(server, &world.addr));
	world.server = server;
	return run_together(fns, COUNT(fns), &world);
}

static int look_up(void *arg)
{
	struct snt_addr addrs[8];
	struct snt_nameinfo info;

	(void)arg;
	SNT_TRY(snt_getaddrinfo("server.test", "80", addrs, 8, NULL));
	SNT_TRY(snt_getnameinfo(&addrs[0], &info, NULL));
	SNT_TRY(snt_getnameinfo(
		&addrs[0], &info,
		&(struct snt_getnameinfo_opts){ .numeric = true }));
	return strcmp(info.host, "127.0.0.1") == 0 ? 0 : -EPROTO;
}

static int names_and_interfaces(void)
{
	int (*const fns[])(void *) = { look_up, look_up };
	struct snt_interface interfaces[4];
	char name[16];
	int count, index;

	SNT_TRY(count = snt_if_nameindex(interfaces, COUNT(interfaces)));
	SNT_TRY(index = snt_if_nametoindex("lo"));
	SNT_TRY(snt_if_indextoname((unsigned)index, name));
	SNT_TRY(look_up(NULL));
	return run_together(fns, COUNT(fns), NULL);
}

static int write_to_pipe(void *arg)
{
	return snt_sendall(((struct snt_socket **)arg)[1], "through", 7);
}

static int read_from_pipe(void *arg)
{
	char text[8];

	EXPECT(snt_recv_exact(((struct snt_socket **)arg)[0], text, 7), 7);
	return memcmp(text, "through", 7) == 0 ? 0 : -EPROTO;
}

static int adopt_and_use(const int ends[2])
{
	int (*const fns[])(void *) = { read_from_pipe, write_to_pipe };
	snt_auto(socket) in = NULL;
	snt_auto(socket) out = NULL;

	SNT_TRY(snt_fromfd(&in, ends[0]));
	SNT_TRY(snt_fromfd(&out, ends[1]));
	return run_together(fns, COUNT(fns),
			    (struct snt_socket *[]){ in, out });
}

static int adopted_pipe(void)
{
	int ends[2], code;

	if (pipe(ends) < 0)
		return WRONG;
	code = adopt_and_use(ends);
	close(ends[0]);
	close(ends[1]);
	return code;
}

static int pair_with_options_and_a_deadline(void)
{
	snt_auto(socket) a = NULL;
	snt_auto(socket) b = NULL;
	char text[8];
	int code, value;

	SNT_TRY(snt_socketpair(&a, &b, SOCK_STREAM));
	SNT_TRY(snt_set_sndbuf(a, 65536));
	SNT_TRY(snt_getsockopt(a, SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
	snt_settimeout(b, 2 * SNT_MILLISECOND);
	code = snt_wait_readable(b);
	if (code != -ETIMEDOUT)
		return code < 0 ? code : WRONG;
	SNT_TRY(snt_sendall(a, "text", 4));
	SNT_TRY(snt_wait_readable(b));
	SNT_TRY(snt_wait_writable(b));
	EXPECT(snt_recv(b, text, sizeof text), 4);
	return 0;
}

static const struct scenario scenarios[] = {
	{ "echo over TCP", echo_over_tcp, ACCEPTS },
	{ "race of two families", server_and_race_of_two_families,
	  ACCEPTS | TWO_ADDRESSES },
	{ "server on every interface", server_on_every_interface,
	  ACCEPTS | TWO_ADDRESSES },
	{ "names through the resolver", names_through_the_resolver, ACCEPTS },
	{ "echo over a Unix socket", echo_over_unix, ACCEPTS },
	{ "Unix server with a stale file", unix_server_with_a_stale_file,
	  ACCEPTS | LEAVES_FILE },
	{ "datagrams", datagrams, 0 },
	{ "batches of datagrams", batches, BATCHES },
	{ "names and interfaces", names_and_interfaces, 0 },
	{ "adopted pipe", adopted_pipe, 0 },
	{ "pair with options and a deadline", pair_with_options_and_a_deadline,
	  EXPECTS_FAILURE },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
