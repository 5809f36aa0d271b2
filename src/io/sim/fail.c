/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail on demand, each with an error that the real one has when the
 * world is against it. Not among them: EAGAIN, which from a call that need not
 * wait would be a lie that no edge ever corrects, and EINTR, which stays below
 * the table.
 */
#include "io/sim/fail.h"

#include <string.h>

#define ERRORS_MOST 8

static const struct call {
	const char *name;
	int errors[ERRORS_MOST];
} calls[] = {
	{ "accept", { EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPERM } },
	{ "bind", { EADDRINUSE, EADDRNOTAVAIL, EACCES, ENOMEM } },
	{ "chmod", { EPERM, EROFS } },
	{ "connect",
	  { ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL,
	    EPERM, ENOBUFS } },
	{ "describe", { ENOBUFS } },
	{ "dup", { EMFILE } },
	{ "file_id", { EACCES, ENOMEM } },
	{ "getpeername", { ENOTCONN, ENOBUFS } },
	{ "getsockname", { ENOBUFS } },
	{ "getsockopt", { ENOBUFS } },
	{ "if_nameindex", { ENOMEM } },
	{ "listen", { EADDRINUSE } },
	{ "look", { ENOMEM } },
	{ "memory", { ENOMEM } },
	{ "notifier", { EMFILE, ENFILE, ENOMEM } },
	{ "recv", { ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOMEM } },
	{ "recvfrom", { ECONNREFUSED, ENOMEM } },
	{ "recvmmsg", { ECONNREFUSED, ENOMEM } },
	{ "recvmsg", { ECONNRESET, ETIMEDOUT, ENOMEM } },
	{ "send", { ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS, ENOMEM } },
	{ "sendmmsg", { ECONNREFUSED, ENETUNREACH, EPERM, ENOBUFS, ENOMEM } },
	{ "sendmsg", { ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS, ENOMEM } },
	{ "sendto", { ECONNREFUSED, ENETUNREACH, EPERM, ENOBUFS, ENOMEM } },
	{ "setsockopt", { ENOMEM, ENOBUFS, EPERM, ENOPROTOOPT } },
	{ "shutdown", { ENOTCONN } },
	{ "signal_catch", { EBUSY } },
	{ "socket", { EMFILE, ENFILE, ENOBUFS, ENOMEM, EAFNOSUPPORT } },
	{ "socketpair", { EMFILE, ENFILE, ENOBUFS, ENOMEM } },
	{ "submit", { EAGAIN } },
	{ "thread_start", { EAGAIN, ENOMEM } },
	{ "unlink", { EPERM, EROFS } },
};
#define CALLS (sizeof calls / sizeof calls[0])

struct snt__sim_failures {
	struct snt_sim_failure of[CALLS]; /* no .times and 1 .code: none */
	bool set[CALLS];
	unsigned seen[CALLS];
	struct snt__sim_dice dice;
};

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < CALLS && strcmp(calls[i].name, name) != 0)
		i++;
	return i;
}

static void set_one(struct snt__sim_failures *failures, size_t call,
		    const struct snt_sim_failure *failure)
{
	failures->of[call] = *failure;
	failures->of[call].call = NULL;
	failures->set[call] = true;
	failures->seen[call] = 0;
}

static void set(struct snt__sim_host *host,
		const struct snt_sim_failure *failure)
{
	if (failure == NULL) {
		snt__sim_failures_end(host);
		return;
	}
	if (host->failures == NULL) {
		host->failures = snt__sim_alloc(sizeof *host->failures);
		host->failures->dice = snt__sim_dice("failure", host->number);
	}
	for (size_t i = 0; i < CALLS; i++)
		if (failure->call != NULL
			    ? strcmp(calls[i].name, failure->call) == 0
			    : strcmp(calls[i].name, "memory") != 0)
			set_one(host->failures, i, failure);
}

int snt__sim_failures_set(struct snt__sim_host *host,
			  const struct snt_sim_failure *failure)
{
	struct snt__link *hosts = &snt__sim_world->hosts;

	if (failure != NULL &&
	    (failure->code > 0 ||
	     (failure->call != NULL && find(failure->call) == CALLS)))
		return -EINVAL;
	if (host != NULL) {
		set(host, failure);
		return 0;
	}
	/* The director's own calls do not fail, but its host keeps what later
	 * ones get. */
	for (struct snt__link *link = hosts->next; link != hosts;
	     link = link->next)
		set(SNT__CONTAINER(link, struct snt__sim_host, in_world),
		    failure);
	return 0;
}

void snt__sim_failures_begin(struct snt__sim_host *host)
{
	const struct snt__sim_host *director = SNT__CONTAINER(
		snt__sim_world->hosts.next, struct snt__sim_host, in_world);

	if (director == host || director->failures == NULL)
		return;
	host->failures = snt__sim_alloc(sizeof *host->failures);
	memcpy(host->failures, director->failures, sizeof *host->failures);
	memset(host->failures->seen, 0, sizeof host->failures->seen);
	host->failures->dice = snt__sim_dice("failure", host->number);
}

void snt__sim_failures_end(struct snt__sim_host *host)
{
	snt__sim_free(host->failures);
	host->failures = NULL;
}

int snt__sim_fails_slowly(struct snt__sim_host *host, const char *call)
{
	struct snt__sim_failures *failures = host->failures;
	size_t i = find(call), count = 0;
	const struct snt_sim_failure *failure;
	unsigned seen;

	if (host->number == 0 || i == CALLS || !failures->set[i])
		return 0;
	failure = &failures->of[i];
	seen = failures->seen[i];
	if (seen < failure->after) {
		failures->seen[i]++;
		return 0;
	}
	if (failure->times > 0 && seen - failure->after >= failure->times)
		return 0;
	if (!snt__sim_fault(call, host->number,
			    failure->chance > 0 ? failure->chance : 1000000))
		return 0;
	failures->seen[i]++;
	if (failure->code < 0)
		return failure->code;
	while (count < ERRORS_MOST && calls[i].errors[count] != 0)
		count++;
	return -calls[i].errors[snt__sim_below(&failures->dice, count)];
}
