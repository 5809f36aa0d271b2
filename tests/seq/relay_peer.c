/* SPDX-License-Identifier: MIT */
/*
 * Two of these talk through a bad link: each sends and hears on channels of
 * each kind, both ways at once, and looks at every byte that comes. Ends with 0
 * when all that was promised was kept, and tells the session's numbers in JSON.
 *
 *   relay_peer serve ADDR COUNT MOST [KEY]
 *   relay_peer talk ADDR COUNT MOST [KEY]
 *
 * COUNT messages go on each channel, of MOST bytes at most.
 */
#include <inttypes.h>
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH 3 /* channels of a kind */
#define CHANNELS (3 * EACH)
#define LATEST_MOST 900

static const unsigned bases[] = { SNT_SEQ_ORDERED, SNT_SEQ_RELIABLE,
				  SNT_SEQ_LATEST };

struct peer {
	struct snt_seq *seq;
	bool serves;
	unsigned count;
	size_t most;
	struct snt_seq_opts opts;
	unsigned char key[SNT_SEQ_KEY];
	unsigned came[CHANNELS], next[CHANNELS];
	bool *seen; /* count of each channel */
};

/* What the i-th message of a channel is, other for each direction. */
static uint32_t draw(bool by_server, unsigned n, unsigned i)
{
	uint32_t z = (i * 64 + n * 2 + by_server + 1) * 0x9e3779b9u;

	z = (z ^ (z >> 16)) * 0x85ebca6bu;
	return z ^ (z >> 13);
}

static size_t make(const struct peer *peer, bool by_server, unsigned n,
		   unsigned i, unsigned char *bytes)
{
	size_t most = peer->most;
	uint32_t z = draw(by_server, n, i);
	size_t size;

	if (n / EACH == 2 && most > LATEST_MOST)
		most = LATEST_MOST;
	size = 4 + z % (most - 3);
	memcpy(bytes, &i, 4);
	for (size_t at = 4; at < size; at++) {
		z = z * 1664525 + 1013904223;
		bytes[at] = (unsigned char)(z >> 24);
	}
	return size;
}

static int say_all(void *arg)
{
	const struct peer *peer = arg;
	unsigned char *bytes = malloc(peer->most + 4);
	int code = bytes == NULL ? -ENOMEM : 0;

	for (unsigned at = 0; at < peer->count * CHANNELS && code == 0; at++) {
		unsigned n = at % CHANNELS;
		size_t size = make(peer, peer->serves, n, at / CHANNELS, bytes);

		code = snt_seq_send(peer->seq, bases[n / EACH] + n % EACH,
				    bytes, size);
		/* Or all latest ones would be dropped before they go. */
		if (code == 0 && n == CHANNELS - 1)
			code = snt_sleep(SNT_MILLISECOND);
	}
	free(bytes);
	return code < 0 ? code : snt_seq_shutdown(peer->seq);
}

static int look_at(struct peer *peer, const struct snt_seq_message *message,
		   unsigned char *bytes)
{
	unsigned kind = message->channel / SNT_SEQ_CHANNELS;
	unsigned n = kind * EACH + message->channel % SNT_SEQ_CHANNELS;
	unsigned i = UINT32_MAX;

	if (message->channel % SNT_SEQ_CHANNELS < EACH && message->size >= 4)
		memcpy(&i, message->data, 4);
	if (i >= peer->count)
		return snt_fail(-EPROTO, "channel %u: what was never sent",
				message->channel);
	if (make(peer, !peer->serves, n, i, bytes) != message->size ||
	    memcmp(bytes, message->data, message->size) != 0)
		return snt_fail(-EPROTO, "channel %u: message %u differs",
				message->channel, i);
	if (peer->seen[n * peer->count + i])
		return snt_fail(-EPROTO, "channel %u: message %u came twice",
				message->channel, i);
	if (kind == 0 ? i != peer->next[n] : kind == 2 && i < peer->next[n])
		return snt_fail(-EPROTO, "channel %u: message %u, not %u",
				message->channel, i, peer->next[n]);
	if (kind == 2 && message->missed != i - peer->next[n])
		return snt_fail(
			-EPROTO, "channel %u: %" PRIu64 " missed, not %u",
			message->channel, message->missed, i - peer->next[n]);
	peer->seen[n * peer->count + i] = true;
	peer->next[n] = i + 1;
	peer->came[n]++;
	return 0;
}

static int hear_all(void *arg)
{
	struct peer *peer = arg;
	unsigned char *bytes = malloc(peer->most + 4);
	struct snt_seq_message message;
	int code = bytes == NULL ? -ENOMEM : 1;

	while (code > 0) {
		code = snt_seq_recv(peer->seq, &message);
		if (code > 0 && look_at(peer, &message, bytes) < 0)
			code = -EPROTO;
	}
	for (unsigned n = 0; n < 2 * EACH && code == 0; n++)
		if (peer->came[n] != peer->count)
			code = snt_fail(-EPROTO, "%u of %u messages came",
					peer->came[n], peer->count);
	free(bytes);
	return code;
}

static int meet(struct peer *peer, struct snt_seq_endpoint **server,
		const char *text)
{
	char name[SNT_ADDR_TEXT];
	struct snt_addr addr;
	int code;

	if (!peer->serves) {
		do
			code = snt_seq_create_connection(&peer->seq, text,
							 &peer->opts);
		while (code == -ETIMEDOUT);
		return code;
	}
	SNT_TRY(snt_seq_create_server(server, text, &peer->opts));
	SNT_TRY(snt_seq_endpoint_getsockname(*server, &addr));
	snt_addr_format(&addr, name, sizeof name);
	printf("listening on %s\n", name);
	fflush(stdout);
	return snt_seq_accept(*server, &peer->seq);
}

static int run(struct peer *peer, const char *text)
{
	snt_auto(seq_endpoint) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_seq_info info;
	unsigned latest = 0;

	SNT_TRY(meet(peer, &server, text));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, say_all, peer, NULL));
	SNT_TRY(snt_spawn(group, hear_all, peer, NULL));
	SNT_TRY(snt_group_wait(group));
	SNT_TRY(snt_seq_get_info(peer->seq, &info));
	for (unsigned n = 2 * EACH; n < CHANNELS; n++)
		latest += peer->came[n];
	printf("{\"latest\": %u, \"sealed\": %d, \"lost\": %" PRIu64
	       ", \"retransmitted\": %" PRIu64 ", \"duplicates\": %" PRIu64
	       "}\n",
	       latest, info.sealed, info.lost, info.retransmitted,
	       info.duplicates);
	return 0;
}

int main(int argc, char **argv)
{
	struct peer peer = { .serves = false };
	int code = -EINVAL;

	if (argc < 5)
		return 2;
	peer.serves = strcmp(argv[1], "serve") == 0;
	peer.count = (unsigned)strtoul(argv[3], NULL, 10);
	peer.most = strtoul(argv[4], NULL, 10);
	if (argc > 5) {
		snprintf((char *)peer.key, sizeof peer.key, "%s", argv[5]);
		peer.opts.key = peer.key;
		peer.opts.key_size = sizeof peer.key;
	}
	peer.seen = calloc(peer.count * CHANNELS, sizeof *peer.seen);
	if (peer.seen != NULL && peer.most >= 4)
		code = run(&peer, argv[2]);
	if (code < 0)
		fprintf(stderr, "relay_peer: %s\n", snt_errmsg());
	snt_seq_close(peer.seq);
	free(peer.seen);
	return code < 0;
}
