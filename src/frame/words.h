/* SPDX-License-Identifier: MIT */
/* The codec's sentences, said of a stream. */
#ifndef SNT_FRAME_WORDS_H
#define SNT_FRAME_WORDS_H

struct snt_stream;

/* Ends a call whose frame the codec has refused, which has worded it: "<what>
 * <peer>: <that>". Returns code, or -EBADF. */
int snt__frame_refused(struct snt_stream *stream, unsigned direction, int code,
		       const char *what) __attribute__((cold));

#endif
