/* SPDX-License-Identifier: MIT */
/*
 * Values from and to a stream. A message is read where it lies in the stream's
 * buffer, and written as a whole before anything of it is sent; so a value is
 * not looked at while its message waits to be sent.
 */
#include "json.h"

#include <sennit/peer.h>
#include <stdio.h>

struct peer {
	char text[SNT_ADDR_TEXT];
};

/* For a sentence. */
static struct peer peer_of(const struct snt_stream *stream)
{
	const struct snt_socket *socket = snt_stream_socket(stream);
	struct peer peer = { .text = "a stream that is closed" };

	if (socket != NULL &&
	    snt_getpeername_text(socket, peer.text, sizeof peer.text) < 0)
		snprintf(peer.text, sizeof peer.text, "descriptor %d",
			 snt_fileno(socket));
	return peer;
}

static int bad_value(const struct snt_stream *stream, int code,
		     const struct snt_frame *frame,
		     const struct snt__json_fault *fault)
{
	struct snt__json_place place;

	if (code == -ENOMEM)
		return snt_fail(code, "json from %s: %s", peer_of(stream).text,
				fault->words);
	place = snt__json_place_of(frame->data, fault->offset);
	return snt_fail(code, "json from %s: line %zu column %zu: %s",
			peer_of(stream).text, place.line, place.column,
			fault->words);
}

int snt_recv_json(struct snt_stream *stream, const struct snt_json_opts *opts,
		  json_t **value)
{
	struct snt__json_bounds bounds;
	struct snt__json_fault fault;
	struct snt_frame frame;
	int code;

	SNT_TRY(snt__json_bounds(&bounds, opts));
	code = snt_recv_frame(stream, &bounds.format, &frame);
	/* Whoever goes on after a bad value must not go on after this, which
	 * comes again and again. */
	if (code == -EBADMSG)
		return -EPROTO;
	if (code <= 0)
		return code;
	code = snt__json_read(frame.data, frame.size, &bounds, value, &fault);
	return code < 0 ? bad_value(stream, code, &frame, &fault) : 1;
}

static int send_as(struct snt_stream *stream, const struct snt_json_opts *opts,
		   const json_t *value,
		   int (*send)(struct snt_stream *stream,
			       const struct snt_frame_format *format,
			       const void *payload, size_t size))
{
	struct snt__json_bounds bounds;
	struct snt__json_fault fault;
	struct snt__json_text text;
	int code;

	SNT_TRY(snt__json_bounds(&bounds, opts));
	code = snt__json_write(&text, value, &bounds, &fault);
	if (code < 0)
		code = snt_fail(code, "json to %s: %s", peer_of(stream).text,
				fault.words);
	else
		code = send(stream, &bounds.format, text.bytes, text.size);
	snt__json_text_drop(&text);
	return code;
}

int snt_write_json(struct snt_stream *stream, const struct snt_json_opts *opts,
		   const json_t *value)
{
	return send_as(stream, opts, value, snt_write_frame);
}

int snt_send_json(struct snt_stream *stream, const struct snt_json_opts *opts,
		  const json_t *value)
{
	return send_as(stream, opts, value, snt_send_frame);
}
