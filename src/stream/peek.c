/* SPDX-License-Identifier: MIT */
/* A look at what comes, and a way back for what was read. */
#include "socket/socket.h"
#include "stream/stream.h"

ptrdiff_t snt_stream_peek(struct snt_stream *stream, size_t want, char **data)
{
	int64_t deadline = 0;
	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, "peek at");
	char *lent = NULL;

	if (n < 0)
		return n;
	if (want > stream->read_limit)
		n = -SNT_ELIMIT;
	else
		n = snt__stream_fill(stream, want, &deadline);
	if (n > 0) {
		lent = snt__stream_data(stream);
		lent[n] = '\0';
	}
	n = snt__stream_leave(stream, SNT__READ, n, 0, "peek at");
	if (n == -SNT_ELIMIT)
		return snt__stream_fail(stream, -SNT_ELIMIT, "peek at",
					"%zu bytes at once, the limit is %zu",
					want, stream->read_limit);
	if (n > 0)
		*data = lent;
	return n;
}

/* Does not wait, so nothing keeps it from giving back what a call read that
 * came just in time. */
int snt_unread(struct snt_stream *stream, const void *data, size_t size)
{
	size_t count = snt__stream_count(stream);
	int code = stream->socket == NULL ? -EBADF : 0;

	if (code == 0)
		code = snt__handle_claim(snt__thread_now(),
					 &stream->socket->handle);
	if (code == 0 && snt__stream_busy(stream, SNT__READ))
		code = -EBUSY;
	if (code < 0)
		return snt__call_fail(stream->socket, code, 0, "unread to");
	if (size > stream->read_limit || count > stream->read_limit - size)
		return snt__stream_fail(stream, -SNT_ELIMIT, "unread to",
					"%zu bytes before %zu, the limit is "
					"%zu",
					size, count, stream->read_limit);
	snt__stream_uncover(stream);
	if (snt__buffer_unread(&stream->in, data, size) < 0)
		return snt__call_fail(stream->socket, -ENOMEM, 0, "unread to");
	stream->searched = 0;
	return 0;
}
