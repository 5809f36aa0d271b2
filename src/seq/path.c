/* SPDX-License-Identifier: MIT */
/*
 * RFC 8899 in small. A probe is a padded PING of its own, so its loss takes no
 * message with it; it is made only when larger bodies would have been used.
 * The first one tries what the interface takes, which is nearly always right;
 * then it halves what is between. A size that has failed some times is not
 * tried again for ten minutes.
 *
 * A black hole is told from a bad path by what arrives: some large ones lost,
 * none come, and meanwhile small ones come. Who waits for answers makes its
 * bodies smaller (snt__seq_path_careful), so small ones there are.
 */
#include "seq/path.h"

#define TRIES 4 /* at 40 % loss 3 would give up a good size too often */
#define NEAR 16 /* bytes not worth a search */
#define RAISE_AFTER (600 * SNT_SECOND) /* RFC 8899, PMTU_RAISE_TIMER */
#define FALL_LOST 4
#define FALL_CAME 2
#define FALLS_MAX 6

void snt__seq_path_init(struct snt__seq_path *path, size_t body, size_t max)
{
	size_t cut = SNT__SEQ_PATH_FLOOR_CUT;

	*path = (struct snt__seq_path){
		.body = body,
		.base = body,
		.floor = body > cut + 128 ? body - cut : body,
		.max = max > body ? max : body,
	};
	path->upper = path->max;
}

size_t snt__seq_path_probe(struct snt__seq_path *path, int64_t now)
{
	size_t between;

	if (!path->wanted || path->waiting || now < path->probe_at)
		return 0;
	if (path->probe > path->body && path->probe <= path->upper)
		return path->probe;
	path->tries = 0;
	path->probe = 0;
	if (path->upper < path->body + NEAR) {
		if (path->upper >= path->max)
			return 0;
		/* The search is over; after a time it begins again. */
		path->upper = path->max;
		path->probe_at = now + RAISE_AFTER;
		return 0;
	}
	between = path->body + (path->upper - path->body + 1) / 2;
	path->probe = path->upper == path->max ? path->max : between;
	return path->probe;
}

void snt__seq_path_probe_sent(struct snt__seq_path *path)
{
	path->waiting = true;
}

void snt__seq_path_probe_came(struct snt__seq_path *path, size_t body,
			      int64_t now)
{
	path->waiting = false;
	path->probe_at = now;
	if (body <= path->body || body > path->upper)
		return;
	path->body = body;
	path->large_lost = 0;
	path->small_came = 0;
}

void snt__seq_path_probe_lost(struct snt__seq_path *path, int64_t now)
{
	path->waiting = false;
	path->probe_at = now;
	if (path->probe != 0 && ++path->tries >= TRIES) {
		path->upper = path->probe - 1;
		path->probe = 0;
	}
}

/* What is larger than that is suspected, while it is used. */
static size_t suspect(const struct snt__seq_path *path)
{
	return path->body > path->base ? path->base : path->floor;
}

static void judge(struct snt__seq_path *path, int64_t now)
{
	if (path->large_lost < FALL_LOST || path->small_came < FALL_CAME)
		return;
	path->upper = path->body - 1;
	path->body = suspect(path);
	path->probe = 0;
	path->large_lost = 0;
	path->small_came = 0;
	/* A path that fools the probes is believed less each time. */
	path->probe_at = now + (SNT_SECOND << path->falls);
	if (path->falls < FALLS_MAX)
		path->falls++;
}

void snt__seq_path_came(struct snt__seq_path *path, size_t body, int64_t now)
{
	if (body > suspect(path)) {
		path->large_lost = 0;
		path->small_came = 0;
	} else if (path->large_lost > 0 && path->small_came < UINT8_MAX) {
		path->small_came++;
		judge(path, now);
	}
}

void snt__seq_path_lost(struct snt__seq_path *path, size_t body, int64_t now)
{
	if (body <= suspect(path) || body > path->body)
		return;
	if (path->large_lost < UINT8_MAX)
		path->large_lost++;
	judge(path, now);
}

void snt__seq_path_too_big(struct snt__seq_path *path, size_t body, int64_t now)
{
	if (body < path->floor)
		body = path->floor;
	if (body >= path->upper)
		return;
	path->upper = body;
	path->probe = 0;
	path->probe_at = now;
	if (path->body > body)
		path->body = body;
}

size_t snt__seq_path_careful(const struct snt__seq_path *path, unsigned n)
{
	size_t most = n > 2 ? path->floor : path->base;

	return n > 0 && path->body > most ? most : path->body;
}
