/* SPDX-License-Identifier: MIT */
/* Notifiers, which stand for eventfd(2), and the signals that ring them. */
#include "io/sim/calls.h"

#include <signal.h>

#define NUMBERS 65 /* 1 to 64 */

struct notifier {
	struct snt__sim_file file;
	uint64_t count;
};

struct snt__sim_signals {
	struct {
		struct notifier *notifier; /* NULL: not caught */
		bool pending;
	} caught[NUMBERS];
};

static unsigned notifier_ready(const struct snt__sim_file *file)
{
	const struct notifier *notifier =
		SNT__CONTAINER(file, struct notifier, file);

	return SNT__WRITE | (notifier->count > 0 ? SNT__READ : 0);
}

static void notifier_close(struct snt__sim_file *file)
{
	snt__sim_free(SNT__CONTAINER(file, struct notifier, file));
}

static const struct snt__sim_file_ops notifier_ops = {
	.kind = "notifier",
	.ready = notifier_ready,
	.close = notifier_close,
};

int snt__sim_notifier(void)
{
	struct notifier *notifier;
	int fd = snt__sim_begin("notifier");

	if (fd < 0)
		return fd;
	notifier = snt__sim_alloc(sizeof *notifier);
	snt__sim_file_init(&notifier->file, &notifier_ops, AF_UNSPEC, 0, 0);
	fd = snt__sim_fd_place(&notifier->file);
	if (fd < 0)
		snt__sim_free(notifier);
	return fd;
}

/* NULL: it is none, or closed. Letters go between hosts, too: from whoever
 * shares the program's statics. */
static struct notifier *notifier_of(int fd)
{
	struct snt__sim_file *file = snt__sim_fd_anywhere(fd);

	if (file == NULL || file->ops != &notifier_ops)
		return NULL;
	return SNT__CONTAINER(file, struct notifier, file);
}

/* Each is an edge, though it may have been readable before. */
static void ring(struct notifier *notifier)
{
	notifier->count++;
	snt__sim_file_stir(&notifier->file, SNT__READ);
}

void snt__sim_notify(int fd)
{
	static const char line[] = "sennit: a thread outside of the simulation"
				   " tried to wake one inside\n";
	struct notifier *notifier;

	/* That one sleeps on, and the world ends as a deadlock. */
	if (snt__sim_world == NULL) {
		snt__kernel_io.complain(line, sizeof line - 1);
		return;
	}
	notifier = notifier_of(fd);
	if (notifier != NULL)
		ring(notifier);
}

void snt__sim_notify_clear(int fd)
{
	struct notifier *notifier = notifier_of(fd);

	if (notifier != NULL)
		notifier->count = 0;
}

void snt__sim_signals_begin(struct snt__sim_host *host)
{
	host->signals = snt__sim_alloc(sizeof *host->signals);
}

static void release(struct snt__sim_signals *signals, int number)
{
	struct notifier *notifier = signals->caught[number].notifier;

	signals->caught[number].notifier = NULL;
	signals->caught[number].pending = false;
	if (notifier != NULL)
		snt__sim_file_drop(&notifier->file);
}

void snt__sim_signals_end(struct snt__sim_host *host)
{
	for (int number = 1; number < NUMBERS; number++)
		release(host->signals, number);
	snt__sim_free(host->signals);
	host->signals = NULL;
}

/* The C library keeps the first two of the real-time ones to itself. */
static bool is_catchable(int number)
{
	return number >= 1 && number < NUMBERS && number != SIGKILL &&
	       number != SIGSTOP && number != 32 && number != 33;
}

int snt__sim_signal_catch(int number, int notify_fd)
{
	struct snt__sim_signals *signals = snt__sim_host_now()->signals;
	struct notifier *notifier = notifier_of(notify_fd);
	int code = snt__sim_begin("signal_catch");

	if (code < 0)
		return code;
	if (!is_catchable(number) || notifier == NULL)
		return -EINVAL;
	if (signals->caught[number].notifier != NULL)
		return -EBUSY;
	notifier->file.refs++;
	signals->caught[number].notifier = notifier;
	signals->caught[number].pending = false;
	return 0;
}

void snt__sim_signal_release(int number)
{
	release(snt__sim_host_now()->signals, number);
}

int snt__sim_signal_take(int number)
{
	struct snt__sim_signals *signals = snt__sim_host_now()->signals;
	bool pending = signals->caught[number].pending;

	signals->caught[number].pending = false;
	return pending;
}

/* Those that do nothing to a process that has not asked for them. */
static bool is_ignored(int number)
{
	return number == SIGCHLD || number == SIGURG || number == SIGWINCH ||
	       number == SIGCONT;
}

bool snt__sim_signals_deliver(struct snt__sim_host *host, int number)
{
	struct snt__sim_signals *signals = host->signals;

	if (number < 1 || number >= NUMBERS)
		return true;
	if (signals->caught[number].notifier == NULL)
		return is_ignored(number);
	signals->caught[number].pending = true;
	ring(signals->caught[number].notifier);
	return true;
}
