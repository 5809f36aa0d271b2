/* SPDX-License-Identifier: MIT */
/*
 * Bytes out of a stream. Small reads are served from the buffer, which is
 * filled by large ones; a read that is as large goes straight into the caller's
 * memory. The buffer is filled by what comes in one go: 4 KiB at first, more
 * where that was too little.
 *
 * Bytes leave the buffer only in a call that succeeds (read_exact tells by
 * snt_done how many it has handed over otherwise). A lent line has its NUL
 * where the next byte belongs, which comes back when the next call begins.
 */
#include "socket/stream.h"
#include "stream/stream.h"

#include <string.h>

/* To ask for when little is known of what comes. */
#define FIRST ((size_t)4096)
/* More at a time saves nothing. */
#define CHUNK_MAX ((size_t)64 * 1024)

static size_t chunk_of(const struct snt_stream *stream)
{
	size_t chunk = stream->chunk != 0 ? stream->chunk : FIRST;

	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	return chunk < stream->read_limit ? chunk : stream->read_limit;
}

/* As much as was asked for came, or hardly any. */
static void learn(struct snt_stream *stream, size_t asked, size_t came)
{
	size_t chunk = chunk_of(stream);

	if (came == asked)
		stream->chunk = 2 * chunk;
	else if (came < chunk / 4 && chunk > FIRST)
		stream->chunk = chunk / 2;
}

/*
 * How many bytes to have room for where there are count and `want` are wanted:
 * a chunk, also behind what is there, but no more than `most`.
 */
static size_t target_of(const struct snt_stream *stream, size_t count,
			size_t want, size_t most)
{
	size_t chunk = chunk_of(stream);
	size_t target = want > chunk ? want : chunk;

	if (target - count < chunk / 2)
		target = count + chunk;
	return target < most ? target : most;
}

ptrdiff_t snt__stream_fill(struct snt_stream *stream, size_t want,
			   int64_t *deadline)
{
	size_t count = snt__stream_count(stream);
	/* Beyond the limit the buffer grows in steps as well. */
	size_t most = want > stream->read_limit ? 2 * want : stream->read_limit;

	while (count < want && !stream->ended) {
		size_t target = target_of(stream, count, want, most);
		ptrdiff_t n = snt__buffer_receive(&stream->in, stream->socket,
						  target, most, deadline);

		if (n < 0)
			return n;
		stream->ended = n == 0;
		if (n > 0)
			learn(stream, target - count, (size_t)n);
		count += (size_t)n;
	}
	return (ptrdiff_t)count;
}

void snt__stream_take(struct snt_stream *stream, size_t size)
{
	snt__buffer_take(&stream->in, size);
	stream->searched -= size < stream->searched ? size : stream->searched;
}

void snt__stream_uncover(struct snt_stream *stream)
{
	if (stream->lent)
		*snt__stream_data(stream) = stream->covered;
	stream->lent = false;
}

char *snt__stream_lend(struct snt_stream *stream, size_t size)
{
	char *data = snt__stream_data(stream);

	snt__stream_take(stream, size);
	stream->covered = data[size];
	stream->lent = true;
	data[size] = '\0';
	return data;
}

/* One step towards size bytes in the caller's memory; 0: the end. */
static ptrdiff_t read_some(struct snt_stream *stream, void *buffer, size_t size,
			   int64_t *deadline)
{
	ptrdiff_t n;

	if (snt__stream_count(stream) == 0 && size >= chunk_of(stream) &&
	    !stream->ended) {
		snt__buffer_drop(&stream->in);
		n = snt__recv_some(stream->socket, buffer, size, 0, deadline);
		stream->ended = n == 0;
		return n;
	}
	n = snt__stream_fill(stream, 1, deadline);
	if (n <= 0)
		return n;
	if ((size_t)n > size)
		n = (ptrdiff_t)size;
	memcpy(buffer, snt__stream_data(stream), (size_t)n);
	snt__stream_take(stream, (size_t)n);
	return n;
}

/* Nothing of it is lent. */
static ptrdiff_t leave(struct snt_stream *stream, ptrdiff_t n, size_t done,
		       const char *what)
{
	snt__buffer_drop_if_empty(&stream->in);
	return snt__stream_leave(stream, SNT__READ, n, done, what);
}

ptrdiff_t snt_read(struct snt_stream *stream, void *buffer, size_t size)
{
	int64_t deadline = 0;
	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, "read from");

	if (n < 0)
		return n;
	if (size > 0)
		n = read_some(stream, buffer, size, &deadline);
	return leave(stream, n, 0, "read from");
}

ptrdiff_t snt_read_exact(struct snt_stream *stream, void *buffer, size_t size)
{
	int64_t deadline = 0;
	size_t have = 0;
	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, "read_exact from");

	if (n < 0)
		return n;
	while (n >= 0 && have < size) {
		n = read_some(stream, (char *)buffer + have, size - have,
			      &deadline);
		if (n == 0 && have == 0)
			break;
		if (n == 0)
			n = -SNT_EEND;
		if (n > 0)
			have += (size_t)n;
	}
	return leave(stream, n < 0 ? n : (ptrdiff_t)have, have,
		     "read_exact from");
}
