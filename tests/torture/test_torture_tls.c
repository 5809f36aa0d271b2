/* SPDX-License-Identifier: MIT */
/* Torture of TLS: contexts, handshakes, streams, and the way back. What fails
 * is the library's own memory and its calls on the world, not OpenSSL's. */
#include "together.h"

#include <sennit/certificate.h>
#include <sennit/peer.h>
#include <sennit/socket.h>
#include <stdio.h>
#include <string.h>

struct world {
	struct snt_socket *server;
	struct snt_tls_context *serving, *asking;
	struct snt_group *group;
	char text[64];
};

static int serve(void *arg)
{
	const struct world *world = arg;
	snt_auto(socket) conn = NULL;
	char buffer[64];

	SNT_TRY(snt_accept(world->server, &conn));
	EXPECT(snt_recv_exact(conn, buffer, 5), 5);
	SNT_TRY(snt_sendall(conn, buffer, 5));
	SNT_TRY(snt_unwrap(conn));
	SNT_TRY(snt_sendall(conn, "plain", 5));
	return 0;
}

static int ask(void *arg)
{
	const struct world *world = arg;
	struct snt_connection_opts opts = { .tls = world->asking };
	snt_auto(socket) socket = NULL;
	struct snt_tls_info info;
	char buffer[64];

	SNT_TRY(snt_create_connection(&socket, world->text, &opts));
	SNT_TRY(snt_get_tls_info(socket, &info));
	SNT_TRY(snt_sendall(socket, "hello", 5));
	EXPECT(snt_recv_exact(socket, buffer, 5), 5);
	if (memcmp(buffer, "hello", 5) != 0)
		return WRONG;
	SNT_TRY(snt_unwrap(socket));
	EXPECT(snt_recv_exact(socket, buffer, 5), 5);
	return memcmp(buffer, "plain", 5) == 0 ? 0 : WRONG;
}

static int make_contexts(struct world *world, int version)
{
	struct snt_tls_opts opts = { .maximum_version = version };
	char pem[4096];
	ptrdiff_t size;

	SNT_TRY(snt_create_default_context(&world->serving, SNT_TLS_SERVER,
					   &opts));
	SNT_TRY(snt_make_certificate(world->serving, NULL));
	SNT_TRY(size = snt_getcert_pem(world->serving, 0, pem, sizeof pem));
	opts.cadata = pem;
	opts.cadata_size = (size_t)size;
	return snt_create_default_context(&world->asking, SNT_TLS_CLIENT,
					  &opts);
}

static int serve_and_ask(struct world *world)
{
	int (*const parts[])(void *arg) = { serve, ask };
	struct snt_server_opts opts = { .tls = world->serving };
	struct snt_addr addr;

	SNT_TRY(snt_create_server(&world->server, "127.0.0.1:0", &opts));
	SNT_TRY(snt_getsockname(world->server, &addr));
	snt_addr_format(&addr, world->text, sizeof world->text);
	return run_together(parts, COUNT(parts), world);
}

static int with_version(int version)
{
	struct world world = { .server = NULL };
	int code = make_contexts(&world, version);

	if (code == 0)
		code = serve_and_ask(&world);
	snt_close(world.server);
	snt_tls_context_close(world.asking);
	snt_tls_context_close(world.serving);
	return code;
}

static int echo_over_tls_1_2(void)
{
	return with_version(SNT_TLS_1_2);
}

static int echo_over_tls_1_3(void)
{
	return with_version(SNT_TLS_1_3);
}

static const struct scenario scenarios[] = {
	{ "echo_over_tls_1_2", echo_over_tls_1_2, ACCEPTS },
	{ "echo_over_tls_1_3", echo_over_tls_1_3, ACCEPTS },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
