/* SPDX-License-Identifier: MIT */
/*
 * One table of exit codes for all verbs, so that a script can tell a refused
 * connection from a full disk without reading messages. sennit(1) repeats it;
 * a test compares the two.
 */
#include "exit_code.h"

#include <sennit.h>
#include <stdarg.h>
#include <stdio.h>

static const struct exit_code table[] = {
	{ STATUS_OK, "all went well" },
	{ STATUS_FAILURE, "another failure" },
	{ STATUS_USAGE, "wrong use: verb, option or argument" },
	{ STATUS_ADDRESS, "malformed address, or a name without an address" },
	{ STATUS_REFUSED, "refused or unreachable" },
	{ STATUS_TIMEOUT, "timed out" },
	{ STATUS_LOST, "connection reset or lost; bytes may be missing" },
	{ STATUS_OUTPUT, "writing to stdout failed: disk full, pipe closed" },
	{ STATUS_LISTEN, "cannot listen there: in use, or not permitted" },
	{ STATUS_CERTIFICATE, "a certificate or key was refused" },
	{ STATUS_TLS, "TLS failed: not spoken there, or nothing in common" },
	{ STATUS_SIGNAL + 2, "ended by SIGINT (Ctrl-C)" },
	{ STATUS_SIGNAL + 15, "ended by SIGTERM" },
};

/* The first row that fits counts. */
static const struct {
	int code;
	unsigned phases;
	int status;
} causes[] = {
	{ SNT_ENONAME, PHASE_CONNECT | PHASE_LISTEN, STATUS_ADDRESS },
	{ SNT_ERESOLVE, PHASE_CONNECT | PHASE_LISTEN, STATUS_ADDRESS },
	{ EINVAL, PHASE_CONNECT | PHASE_LISTEN, STATUS_ADDRESS },
	/* An interface behind the %. */
	{ ENODEV, PHASE_CONNECT | PHASE_LISTEN, STATUS_ADDRESS },
	{ ETIMEDOUT, PHASE_CONNECT | PHASE_LISTEN | PHASE_TRANSFER,
	  STATUS_TIMEOUT },
	/* In a transfer it is a datagram that was refused. */
	{ ECONNREFUSED, PHASE_CONNECT | PHASE_TRANSFER, STATUS_REFUSED },
	{ EACCES, PHASE_CONNECT, STATUS_REFUSED },
	{ EPERM, PHASE_CONNECT, STATUS_REFUSED },
	{ ENOENT, PHASE_CONNECT, STATUS_REFUSED },
	{ EHOSTUNREACH, PHASE_CONNECT, STATUS_REFUSED },
	{ EHOSTDOWN, PHASE_CONNECT, STATUS_REFUSED },
	{ ENETUNREACH, PHASE_CONNECT, STATUS_REFUSED },
	{ ENETDOWN, PHASE_CONNECT, STATUS_REFUSED },
	{ EAFNOSUPPORT, PHASE_CONNECT, STATUS_REFUSED },
	{ ECONNRESET, PHASE_CONNECT | PHASE_TRANSFER, STATUS_LOST },
	{ ECONNABORTED, PHASE_CONNECT | PHASE_TRANSFER, STATUS_LOST },
	{ EPIPE, PHASE_TRANSFER, STATUS_LOST },
	{ EHOSTUNREACH, PHASE_TRANSFER, STATUS_LOST },
	{ EHOSTDOWN, PHASE_TRANSFER, STATUS_LOST },
	{ ENETUNREACH, PHASE_TRANSFER, STATUS_LOST },
	{ ENETDOWN, PHASE_TRANSFER, STATUS_LOST },
	{ SNT_ECERTIFICATE, PHASE_CONNECT | PHASE_TRANSFER,
	  STATUS_CERTIFICATE },
	{ EKEYREJECTED, PHASE_CONNECT, STATUS_CERTIFICATE },
	/* Of seq: what came made no sense. */
	{ EPROTO, PHASE_TRANSFER, STATUS_LOST },
	{ SNT_ETLS, PHASE_CONNECT | PHASE_TRANSFER, STATUS_TLS },
	{ SNT_ETRUNCATED, PHASE_CONNECT | PHASE_TRANSFER, STATUS_LOST },
	{ EADDRINUSE, PHASE_LISTEN, STATUS_LISTEN },
	{ EADDRNOTAVAIL, PHASE_LISTEN, STATUS_LISTEN },
	{ EACCES, PHASE_LISTEN, STATUS_LISTEN },
	{ EPERM, PHASE_LISTEN, STATUS_LISTEN },
	{ EROFS, PHASE_LISTEN, STATUS_LISTEN },
	{ ENOENT, PHASE_LISTEN, STATUS_LISTEN },
	{ ENOTDIR, PHASE_LISTEN, STATUS_LISTEN },
};

const struct exit_code *exit_codes(size_t *count)
{
	*count = sizeof table / sizeof table[0];
	return table;
}

int exit_code_of(enum phase phase, int code)
{
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (causes[i].code == -code && (causes[i].phases & phase))
			return causes[i].status;
	return STATUS_FAILURE;
}

int report(enum phase phase, int code)
{
	if (code != -ECANCELED)
		fprintf(stderr, "sennit: %s\n", snt_errmsg());
	return exit_code_of(phase, code);
}

int report_output(int code)
{
	if (code == -ECANCELED)
		return STATUS_OUTPUT;
	/* The library's words for these two are a socket's. */
	fprintf(stderr, "sennit: write to stdout: %s\n",
		code == -EPIPE   ? "nobody reads it any more (broken pipe)"
		: code == -EBADF ? "it is not open for writing"
				 : snt_strerror(code));
	return STATUS_OUTPUT;
}

int report_usage(const char *verb, const char *format, ...)
{
	va_list args;

	fputs("sennit: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; see sennit %s%s--help\n", verb != NULL ? verb : "",
		verb != NULL ? " " : "");
	return STATUS_USAGE;
}

int flush_stdout(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return report_output(errno != 0 ? -errno : -EIO);
}
