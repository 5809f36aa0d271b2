/* SPDX-License-Identifier: MIT */
/* A heap by time, and a generator that a seed decides. */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLION 1000000u
#define MILLISECOND 1000000

void link_init(struct link *link, const struct link_opts *opts)
{
	*link = (struct link){ .opts = *opts, .chance = opts->seed };
}

/* splitmix64 (Steele, Lea, Flood, 2014). */
static uint64_t draw(struct link *link)
{
	uint64_t z = link->chance += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static bool happens(struct link *link, unsigned chance)
{
	return chance > 0 && draw(link) % MILLION < chance;
}

static bool earlier(const struct link_packet *a, const struct link_packet *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void insert(struct link *link, struct link_packet *packet)
{
	size_t i = link->count++;

	if (link->count > link->capacity) {
		link->capacity = 2 * link->capacity + 64;
		link->heap = realloc(link->heap,
				     link->capacity * sizeof *link->heap);
		if (link->heap == NULL)
			abort();
	}
	for (; i > 0 && earlier(packet, link->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		link->heap[i] = link->heap[(i - 1) / 2];
	link->heap[i] = packet;
}

static void enter(struct link *link, int64_t at, const void *bytes, size_t size,
		  void *tag)
{
	struct link_packet *packet = malloc(sizeof *packet + size);

	if (packet == NULL)
		abort();
	*packet = (struct link_packet){
		.at = at, .order = link->next++, .tag = tag, .size = size
	};
	memcpy(packet->bytes, bytes, size);
	if (size > 0 && happens(link, link->opts.corrupt)) {
		uint64_t bit = draw(link) % (8 * size);

		packet->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		link->counts.changed++;
	}
	insert(link, packet);
}

/* When it is through the bottleneck; -1: no room before it. */
static int64_t pass(struct link *link, int64_t now, size_t size)
{
	const struct link_opts *opts = &link->opts;
	int64_t begin = link->free_at > now ? link->free_at : now;

	if (opts->rate == 0)
		return now;
	if (opts->queue > 0 &&
	    (uint64_t)(begin - now) * opts->rate / 1000000000u > opts->queue)
		return -1;
	link->free_at = begin + (int64_t)(size * 1000000000u / opts->rate);
	return link->free_at;
}

void link_put(struct link *link, int64_t now, const void *bytes, size_t size,
	      void *tag)
{
	const struct link_opts *opts = &link->opts;
	int copies = 1;
	int64_t at;

	link->counts.in++;
	if (happens(link, opts->loss)) {
		link->counts.lost++;
		return;
	}
	at = pass(link, now, size);
	if (at < 0) {
		link->counts.full++;
		return;
	}
	if (happens(link, opts->duplicate)) {
		link->counts.duplicated++;
		copies = 2;
	}
	for (; copies > 0; copies--) {
		int64_t then = at + opts->delay;

		if (opts->jitter > 0)
			then += (int64_t)(draw(link) % (uint64_t)opts->jitter);
		if (happens(link, opts->reorder)) {
			then += 2 * opts->delay + 2 * MILLISECOND;
			link->counts.late++;
		}
		enter(link, then, bytes, size, tag);
	}
}

int64_t link_at(const struct link *link)
{
	return link->count > 0 ? link->heap[0]->at : INT64_MAX;
}

struct link_packet *link_take(struct link *link, int64_t now)
{
	struct link_packet *first, *last;
	size_t i = 0;

	if (link_at(link) > now)
		return NULL;
	first = link->heap[0];
	last = link->heap[--link->count];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < link->count &&
		    earlier(link->heap[child + 1], link->heap[child]))
			child++;
		if (child >= link->count || !earlier(link->heap[child], last))
			break;
		link->heap[i] = link->heap[child];
		i = child;
	}
	if (link->count > 0)
		link->heap[i] = last;
	return first;
}

bool link_option(struct link_opts *opts, const char *name, const char *value)
{
	double number = strtod(value, NULL);
	unsigned chance = (unsigned)(number * MILLION / 100);

	if (strcmp(name, "--delay") == 0)
		opts->delay = (int64_t)(number * MILLISECOND);
	else if (strcmp(name, "--jitter") == 0)
		opts->jitter = (int64_t)(number * MILLISECOND);
	else if (strcmp(name, "--loss") == 0)
		opts->loss = chance;
	else if (strcmp(name, "--duplicate") == 0)
		opts->duplicate = chance;
	else if (strcmp(name, "--reorder") == 0)
		opts->reorder = chance;
	else if (strcmp(name, "--corrupt") == 0)
		opts->corrupt = chance;
	else if (strcmp(name, "--rate") == 0)
		opts->rate = (uint64_t)number;
	else if (strcmp(name, "--queue") == 0)
		opts->queue = (size_t)number;
	else if (strcmp(name, "--seed") == 0)
		opts->seed = strtoull(value, NULL, 0);
	else
		return false;
	return true;
}
