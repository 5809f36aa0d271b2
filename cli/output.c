/* SPDX-License-Identifier: MIT */
/*
 * A terminal gets what strangers send in its visible form, piece by piece; a
 * pipe or a file gets the bytes. Nothing is kept back here: what was written
 * is with the kernel, so that a full disk shows at once.
 */
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes shown at a time. */
#define PIECE ((size_t)4096)

int output_open(struct output *output, bool raw)
{
	*output = (struct output){ 0 };
	SNT_TRY(snt_fromfd(&output->handle, STDOUT_FILENO));
	SNT_TRY(snt_mutex_open(&output->mutex));
	if (raw || !isatty(STDOUT_FILENO))
		return 0;
	output->shown = malloc(TERMINAL_ROOM(PIECE));
	return output->shown != NULL ? 0 : -ENOMEM;
}

static int show(struct output *output, struct terminal *terminal,
		const char *bytes, size_t size)
{
	while (size > 0) {
		size_t piece = size < PIECE ? size : PIECE;
		size_t length =
			terminal_show(terminal, bytes, piece, output->shown);

		SNT_TRY(snt_sendall(output->handle, output->shown, length));
		bytes += piece;
		size -= piece;
	}
	return 0;
}

int output_write(struct output *output, struct terminal *terminal,
		 const char *bytes, size_t size)
{
	int code;

	SNT_TRY(snt_mutex_lock(output->mutex));
	code = output->shown != NULL ? show(output, terminal, bytes, size)
				     : snt_sendall(output->handle, bytes, size);
	snt_mutex_unlock(output->mutex);
	return code;
}

static int write_line(struct output *output, const char *label,
		      const char *bytes, size_t size)
{
	struct terminal terminal = { 0 };
	char end[TERMINAL_ROOM(1)];
	size_t length;

	SNT_TRY(snt_sendall(output->handle, label, strlen(label)));
	if (output->shown != NULL)
		SNT_TRY(show(output, &terminal, bytes, size));
	else
		SNT_TRY(snt_sendall(output->handle, bytes, size));
	length = terminal_end(&terminal, end);
	end[length++] = '\n';
	return snt_sendall(output->handle, end, length);
}

int output_line(struct output *output, const char *label, const char *bytes,
		size_t size)
{
	int code;

	SNT_TRY(snt_mutex_lock(output->mutex));
	code = write_line(output, label, bytes, size);
	snt_mutex_unlock(output->mutex);
	return code;
}

int output_end(struct output *output, struct terminal *terminal)
{
	char rest[TERMINAL_ROOM(0)];
	size_t length = terminal_end(terminal, rest);
	int code;

	if (length == 0)
		return 0;
	SNT_TRY(snt_mutex_lock(output->mutex));
	code = snt_sendall(output->handle, rest, length);
	snt_mutex_unlock(output->mutex);
	return code;
}

void output_close(struct output *output)
{
	snt_close(output->handle);
	snt_mutex_close(output->mutex);
	free(output->shown);
}
