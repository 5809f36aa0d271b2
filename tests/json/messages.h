/* SPDX-License-Identifier: MIT */
/* What the tests of JSON messages share: streams, formats, values. */
#ifndef TESTS_JSON_MESSAGES_H
#define TESTS_JSON_MESSAGES_H

#include "memory.h"

#include "../stream/streams.h"

/* Each of these carries any text of up to 255 bytes, lines being one. */
MAYBE static const struct snt_frame_format carriers[] = {
	{ .kind = SNT_FRAME_LINES },
	{ .kind = SNT_FRAME_LINES, .crlf = true },
	{ .kind = SNT_FRAME_DELIMITED, .delimiter = "\0", .delimiter_size = 1 },
	{ .kind = SNT_FRAME_NETSTRING, .text = true },
	{ .kind = SNT_FRAME_U8 },
	{ .kind = SNT_FRAME_U16_BE },
	{ .kind = SNT_FRAME_U16_LE },
	{ .kind = SNT_FRAME_U32_BE },
	{ .kind = SNT_FRAME_U32_LE, .max = 255 },
	{ .kind = SNT_FRAME_VARINT },
};

/* Of a text that is right; the caller's to give back. */
MAYBE static json_t *value_of(const char *text)
{
	json_t *value;

	OK(snt_json_parse(text, strlen(text), NULL, &value));
	return value;
}

MAYBE static void assert_value(const json_t *value, const char *text)
{
	json_t *expected = value_of(text);

	if (!json_equal(value, expected))
		fail_msg("%s, not %s", json_dumps(value, JSON_ENCODE_ANY),
			 text);
	json_decref(expected);
}

/* The next message is that. */
MAYBE static void must_receive(struct snt_stream *stream,
			       const struct snt_json_opts *opts,
			       const char *text)
{
	json_t *value = NULL;

	assert_int_equal(OK(snt_recv_json(stream, opts, &value)), 1);
	assert_value(value, text);
	json_decref(value);
}

/* There is none any more. */
MAYBE static void must_end(struct snt_stream *stream,
			   const struct snt_json_opts *opts)
{
	json_t *value = NULL;

	assert_int_equal(OK(snt_recv_json(stream, opts, &value)), 0);
	assert_null(value);
}

/* The call fails like that, and the value stays as it was. */
MAYBE static void must_not_receive(struct snt_stream *stream,
				   const struct snt_json_opts *opts, int code,
				   const char *words)
{
	json_t *value = NULL;

	FAILS(snt_recv_json(stream, opts, &value), code);
	assert_null(value);
	TELLS(words);
}

#endif
