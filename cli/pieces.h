/* SPDX-License-Identifier: MIT */
/* Stdin cut into what is sent at a time. */
#ifndef CLI_PIECES_H
#define CLI_PIECES_H

#include <sennit.h>

/* A datagram of more is seldom meant, and seldom arrives. */
#define PIECE_MAX ((size_t)16 * 1024)
/* More does not fit in one of IPv4. */
#define PIECE_LIMIT ((size_t)65507)

/* How: as it is read, by lines, or so many bytes each. */
#define PIECES_AS_READ ((size_t)0)
#define PIECES_OF_LINES SIZE_MAX

/* Of what --datagrams asks for messages are lines where it asks nothing. */
size_t pieces_of_messages(size_t cut);

struct pieces {
	struct snt_socket *input;
	size_t cut;
	size_t most;  /* bytes of a piece */
	char *buffer; /* lent: BUFFER_SIZE bytes */
	size_t begin, end;
	bool ended;
};

/* The next one's size, and where it is until the call after; 0: stdin has
 * ended, or the code of a read. Waits. A last line needs no end, a last piece
 * may be shorter; a line of more than fits is cut. */
ptrdiff_t pieces_next(struct pieces *pieces, const char **piece);

#endif
