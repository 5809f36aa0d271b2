/* SPDX-License-Identifier: MIT */
/*
 * The load generator: drives any echo server on 127.0.0.1 and reads what CPU
 * time the server spent on it, from the server's own process clock.
 *
 *   load echo   a closed loop over many connections
 *   load churn  connect, one message, close
 *   load idle   opens connections, echoes once on each, and holds them until
 *               its standard input ends; a window is one more echo on each
 *   load udp    trains of datagrams, there and back
 *   load tls-echo, tls-churn, tls-idle
 *               the same over TLS, each connection with a full handshake
 *
 * After the warm-up it says {"ready": ...} and measures one window for each
 * line of standard input, a count of messages: so a driver can alternate short
 * windows between two servers and slow drifts of the machine fall on both.
 * A window begins and ends with no message under way and the server asleep:
 * the count is exact and no work leaks in or out. One line of JSON a window;
 * any wrong byte, reset or stall is a line on standard error and status 1.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void load_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("load: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void on_alarm(int signal_number)
{
	static const char text[] = "load: gave up, too slow or stalled\n";

	(void)signal_number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) < 0)
		load_die("clock: %s", strerror(errno));
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct load_clocks load_settle(const struct load_opts *opts)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	struct load_clocks clocks = { 0, 0, 0 };
	clockid_t id = CLOCK_PROCESS_CPUTIME_ID;
	int64_t before;

	if (opts->pid && clock_getcpuclockid(opts->pid, &id) != 0)
		load_die("no CPU clock of process %d", opts->pid);
	do {
		before = clock_ns(id);
		nanosleep(&pause, NULL);
		clocks.server = clock_ns(id);
	} while (opts->pid && clocks.server != before);
	clocks.own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	clocks.wall = clock_ns(CLOCK_MONOTONIC);
	return clocks;
}

void load_say_ready(int connections)
{
	printf("{\"ready\": %d}\n", connections);
	fflush(stdout);
}

uint64_t load_next_window(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return 0;
	return strtoull(line, NULL, 10);
}

void load_report(uint64_t messages, const struct load_clocks *from,
		 const struct load_clocks *to)
{
	printf("{\"messages\": %llu, \"server_ns\": %lld, "
	       "\"load_ns\": %lld, \"wall_ns\": %lld}\n",
	       (unsigned long long)messages,
	       (long long)(to->server - from->server),
	       (long long)(to->own - from->own),
	       (long long)(to->wall - from->wall));
	fflush(stdout);
}

int load_connect(int port, unsigned host)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		load_die("socket: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (host > 1) {
		/* The port is chosen at connect, per destination. */
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
			   sizeof(on));
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
		if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
			load_die("bind: %s", strerror(errno));
	}
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons((uint16_t)port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		load_die("connect: %s", strerror(errno));
	return fd;
}

void load_reset(int fd)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

void load_echo_once(int fd, size_t size, uint32_t stamp)
{
	char out[1024];
	char in[1024];

	if (size > sizeof(out))
		size = sizeof(out);
	memset(out, (int)(stamp * 7 + 1), size);
	memcpy(out, &stamp, size < sizeof(stamp) ? size : sizeof(stamp));
	if (send(fd, out, size, MSG_NOSIGNAL) != (ssize_t)size)
		load_die("send: %s", strerror(errno));
	if (recv(fd, in, size, MSG_WAITALL) != (ssize_t)size)
		load_die("the echo ended early");
	if (memcmp(in, out, size) != 0)
		load_die("wrong bytes came back");
}

static void idle(const struct load_opts *opts)
{
	int *fds = calloc((size_t)opts->connections, sizeof(*fds));

	if (!fds)
		load_die("no memory");
	for (int i = 0; i < opts->connections; i++) {
		/* Sources of 10,000 each: more than one has ports for. */
		fds[i] = load_connect(opts->port, 2 + (unsigned)i / 10000);
		load_echo_once(fds[i], opts->size, (uint32_t)i);
	}
	load_settle(opts);
	load_say_ready(opts->connections);
	while (load_next_window() > 0) {
		for (int i = 0; i < opts->connections; i++)
			load_echo_once(fds[i], opts->size, (uint32_t)~i);
		load_settle(opts);
		load_say_ready(opts->connections);
	}
	/* Resets: a million of TIME_WAIT would outlive this by a minute. */
	for (int i = 0; i < opts->connections; i++)
		load_reset(fds[i]);
	free(fds);
}

static const struct {
	const char *name;
	void (*run)(const struct load_opts *opts);
} modes[] = {
	{ "echo", load_echo },
	{ "churn", load_churn },
	{ "idle", idle },
	{ "udp", load_udp },
	{ "tls-echo", load_tls_echo },
	{ "tls-churn", load_tls_churn },
	{ "tls-idle", load_tls_idle },
};

static const char *parse(struct load_opts *opts, int argc, char **argv)
{
	for (int i = 2; i + 1 < argc; i += 2) {
		const char *name = argv[i];
		unsigned long long value = strtoull(argv[i + 1], NULL, 10);

		if (strcmp(name, "--port") == 0)
			opts->port = (int)value;
		else if (strcmp(name, "--pid") == 0)
			opts->pid = (int)value;
		else if (strcmp(name, "--connections") == 0)
			opts->connections = (int)value;
		else if (strcmp(name, "--size") == 0)
			opts->size = (size_t)value;
		else if (strcmp(name, "--warmup") == 0)
			opts->warmup = value;
		else if (strcmp(name, "--seconds") == 0)
			opts->seconds = (int)value;
		else
			return NULL;
	}
	if (argc < 2 || argc % 2 || opts->port < 1 || opts->connections < 1 ||
	    opts->size < 1 || opts->size > 1 << 20)
		return NULL;
	return argv[1];
}

int main(int argc, char **argv)
{
	struct load_opts opts = { .connections = 64,
				  .size = 64,
				  .seconds = 60 };
	const char *mode = parse(&opts, argc, argv);

	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, on_alarm);
	alarm((unsigned)opts.seconds);
	for (size_t i = 0; mode && i < sizeof modes / sizeof *modes; i++)
		if (strcmp(mode, modes[i].name) == 0) {
			modes[i].run(&opts);
			return 0;
		}
	fputs("usage: load [tls-]echo|churn|idle, udp --port N [--pid N] "
	      "[--connections N]\n"
	      "            [--size BYTES] [--warmup N] [--seconds N]\n"
	      "Each line of standard input is a window: a count of "
	      "messages.\n",
	      stderr);
	return 2;
}
