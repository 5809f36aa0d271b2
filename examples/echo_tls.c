/* SPDX-License-Identifier: MIT */
/* echo.c over TLS, as server.pem says: a certificate chain and its key. */
#include <pthread.h>
#include <sennit.h>
#include <stdio.h>

static int echo(void *arg)
{
	snt_auto(socket) conn = arg;
	char buf[1024];
	ptrdiff_t n;

	while ((n = snt_recv(conn, buf, sizeof buf)) > 0)
		SNT_TRY(snt_sendall(conn, buf, (size_t)n));
	return (int)n;
}

static void *on_thread(void *arg)
{
	pthread_detach(pthread_self());
	return echo(arg), NULL;
}

static int serve(char how, const char *text)
{
	const struct snt_group_opts opts = { .keep_going = true };
	const struct snt_tls_opts identity = { .certfile = "server.pem" };
	snt_auto(tls_context) tls = NULL;
	snt_auto(socket) server = NULL;
	snt_auto(group) clients = NULL;
	char name[SNT_ADDR_TEXT];
	struct snt_socket *conn;
	pthread_t thread;

	SNT_TRY(snt_create_default_context(&tls, SNT_TLS_SERVER, &identity));
	SNT_TRY(snt_create_server(&server, text,
				  &(struct snt_server_opts){ .tls = tls }));
	SNT_TRY(snt_group_open(&clients, &opts));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		SNT_TRY(snt_accept(server, &conn));
		if (how == 'o')
			return echo(conn);
		if (how == 't' ? pthread_create(&thread, NULL, on_thread, conn)
			       : snt_spawn(clients, echo, conn, NULL))
			snt_close(conn);
	}
}

int main(int argc, char **argv)
{
	char how = argc > 1 ? argv[1][0] : 'f';
	const char *text = argc > 2 ? argv[2] : "localhost:7000";

	if (serve(how, text) < 0)
		return fprintf(stderr, "echo_tls: %s\n", snt_errmsg()), 1;
	return 0;
}
