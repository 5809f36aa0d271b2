/* SPDX-License-Identifier: MIT */
/* Signals that fibers wait for; the handler itself is the io floor's. */
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/registry.h"
#include "fiber/wait.h"
#include "io/fork.h"

#include <sennit/signal.h>
#include <string.h>

struct snt_signals {
	struct snt__handle handle;
	unsigned forks;             /* snt__forks where they were caught */
	struct snt__letter closing; /* to its owner, from another thread */
	size_t count;
	int numbers[];
};

int snt_signals_open(struct snt_signals **signals, const int *numbers,
		     size_t count)
{
	struct snt_signals *made;
	int fd, code = 0;

	if (count == 0 || count > SNT_SIGNALS_MAX)
		return snt__fail_text(
			-EINVAL, "signals: %zu numbers, 1 to %d are possible",
			count, SNT_SIGNALS_MAX);
	made = snt__alloc(sizeof *made + count * sizeof numbers[0]);
	if (made == NULL)
		return snt__fail(-ENOMEM, "signals");
	fd = snt__io->notifier();
	if (fd < 0) {
		snt__free(made);
		return snt__fail(fd, "signals");
	}
	snt__handle_init(&made->handle, fd);
	made->forks = snt__forks;
	while (made->count < count && code == 0) {
		code = snt__io->signal_catch(numbers[made->count], fd);
		if (code == 0) {
			made->numbers[made->count] = numbers[made->count];
			made->count++;
		}
	}
	if (code < 0) {
		int number = numbers[made->count];

		snt_signals_close(made);
		if (code == -EBUSY)
			return snt__fail_text(
				code, "signal %d: another handle keeps it",
				number);
		if (code == -EINVAL)
			return snt__fail_text(
				code,
				"signal %d: there is none of that "
				"number, or it cannot be caught",
				number);
		return snt__fail(code, "signal %d", number);
	}
	*signals = made;
	return 0;
}

static int take(const struct snt_signals *signals)
{
	for (size_t i = 0; i < signals->count; i++)
		if (snt__io->signal_take(signals->numbers[i]))
			return signals->numbers[i];
	return 0;
}

int snt_signals_wait(struct snt_signals *signals)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__enter(thread->current);

	/* The parent's: telling them apart needs its notifier, too. */
	if (code == 0 && signals->forks != snt__forks)
		code = -SNT_EFORK;
	if (code == 0)
		code = snt__handle_claim(thread, &signals->handle);
	if (code == 0 && signals->handle.reader != NULL)
		code = -EBUSY;
	while (code == 0) {
		/* Cleared before looking: a signal that comes in between makes
		 * it readable again. */
		snt__io->notify_clear(signals->handle.fd);
		code = take(signals);
		if (code != 0)
			break;
		snt__park_for("signal");
		code = snt__wait(&signals->handle, SNT__READ, SNT_FOREVER);
		snt__park_for(NULL);
	}
	return code < 0 ? snt__fail(code, "wait for signal") : code;
}

static struct snt_signals *signals_of(struct snt__letter *letter)
{
	return SNT__CONTAINER(letter, struct snt_signals, closing);
}

static void end(struct snt_signals *signals)
{
	snt__handle_end(&signals->handle);
	snt__io->close(signals->handle.fd);
	snt__free(signals);
}

static void open_letter(struct snt__letter *letter)
{
	/* The notifier must not close under who wakes us by it. */
	snt__registry_pass();
	end(signals_of(letter));
}

static void wake(struct snt__letter *letter)
{
	snt__io->notify(signals_of(letter)->handle.fd);
}

/* Who waits, and in which poller it stands, is its thread's to know. */
void snt_signals_close(struct snt_signals *signals)
{
	struct snt__thread *thread = snt__thread_now();

	if (signals == NULL)
		return;
	for (size_t i = 0; signals->forks == snt__forks && i < signals->count;
	     i++)
		snt__io->signal_release(signals->numbers[i]);
	signals->closing.open = open_letter;
	while (snt__handle_claim(thread, &signals->handle) < 0)
		if (snt__registry_post(atomic_load(&signals->handle.home),
				       &signals->closing, wake))
			return;
	end(signals);
}

void snt_auto_signals(struct snt_signals **signals)
{
	snt_signals_close(*signals);
	*signals = NULL;
}
