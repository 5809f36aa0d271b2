/* SPDX-License-Identifier: MIT */
/*
 * Hands each line to all. Nobody waits for one who reads too slowly: who is too
 * far behind is dropped. All fibers are on one thread, so there is no lock.
 *
 *   chat_server [ADDR]
 */
#include "serve.h"

#include <sennit.h>
#include <stdio.h>

#define MOST 200
#define BEHIND 65536 /* bytes; a send buffer has room for more, so none waits */

static struct member {
	struct snt_seq *seq; /* NULL: dropped; its own fiber is then told */
} * members[MOST];

static void tell_all(const char *line, int size)
{
	struct snt_seq_info info;

	for (size_t i = 0; i < MOST; i++) {
		if (members[i] == NULL || members[i]->seq == NULL)
			continue;
		if (snt_seq_get_info(members[i]->seq, &info) == 0 &&
		    info.queued > BEHIND)
			snt_auto_seq(&members[i]->seq);
		else /* why it failed, if so, its own fiber is told, too */
			(void)!snt_seq_send(members[i]->seq, SNT_SEQ_ORDERED,
					    line, (size_t)size);
	}
}

static int talk(void *arg)
{
	struct member self = { .seq = arg };
	struct snt_seq_message said;
	char line[1100];
	size_t i = 0;

	while (members[i] != NULL) /* one is free: no more than MOST talk */
		i++;
	members[i] = &self;
	while (self.seq != NULL && snt_seq_recv(self.seq, &said) > 0)
		tell_all(line, snprintf(line, sizeof line, "%zu: %.*s", i + 1,
					(int)said.size, said.data));
	members[i] = NULL;
	snt_timeout_scope(limit, 10 * SNT_SECOND);
	if (self.seq != NULL) /* what it was told is to arrive */
		(void)!snt_seq_shutdown(self.seq);
	return snt_auto_seq(&self.seq), 0;
}

int main(int argc, char **argv)
{
	return serve(argc > 1 ? argv[1] : "localhost:7000", talk, MOST);
}
