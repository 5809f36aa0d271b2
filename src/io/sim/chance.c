/* SPDX-License-Identifier: MIT */
/*
 * What the seed decides. A fault is told by its kind, its site and how often it
 * could have happened there before: so it can be named, allowed or left out in
 * another run, and what happens at one site does not change another's chances.
 */
#include "io/sim/chance.h"

#include "io/sim/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static uint64_t scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t snt__sim_draw(struct snt__sim_dice *dice)
{
	dice->state += GOLDEN;
	return scramble(dice->state);
}

/* The high half of a product: no division, and no bias worth a loop. */
uint64_t snt__sim_below(struct snt__sim_dice *dice, uint64_t limit)
{
	return (uint64_t)(((unsigned __int128)snt__sim_draw(dice) * limit) >>
			  64);
}

static uint64_t kind_hash(const char *kind)
{
	return snt__sim_hash(kind, strlen(kind));
}

static uint64_t row_of(uint64_t kind, uint32_t site)
{
	return scramble(snt__sim_world->seed + GOLDEN +
			scramble(kind ^ ((uint64_t)site << 32)));
}

struct snt__sim_dice snt__sim_dice(const char *kind, uint32_t site)
{
	return (struct snt__sim_dice){ row_of(kind_hash(kind), site) };
}

/* How often each kind could have happened at each site: open addressing, found
 * by value, never walked through. */
struct place {
	uint64_t kind; /* 0: free */
	uint32_t site;
	uint32_t count;
};

struct snt__sim_faults {
	struct place *places;
	size_t room, used;
	struct snt__sim_fault_name *happened;
	size_t happened_room, happened_count;
	char *only_text;
	char **only; /* NULL: any may */
	size_t only_count;
	struct snt_sim_count counts[SNT_SIM_KINDS];
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A kind, perhaps a site, and a count. */
static bool is_fault(const char *name)
{
	size_t kind = strcspn(name, ":");
	const char *count = strrchr(name, ':');
	size_t site, digits;

	if (kind == 0 || kind >= sizeof((struct snt_sim_count *)0)->kind ||
	    count == NULL)
		return false;
	site = (size_t)(count - name) - kind;
	digits = strspn(count + 1, "0123456789");
	return site != 1 &&
	       (site == 0 || strchr(name + kind + 1, ':') == count) &&
	       digits > 0 && digits <= 10 && count[1 + digits] == '\0';
}

/* The list is kept as one text, its names cut apart and sorted. */
static int parse_only(struct snt__sim_faults *faults, const char *text)
{
	size_t room = 1;
	char *name, *rest;

	for (const char *at = text; *at != '\0'; at++)
		room += *at == ' ';
	faults->only_text = snt__sim_alloc(strlen(text) + 1);
	memcpy(faults->only_text, text, strlen(text) + 1);
	faults->only = snt__sim_alloc(room * sizeof *faults->only);
	for (name = strtok_r(faults->only_text, " ", &rest); name != NULL;
	     name = strtok_r(NULL, " ", &rest)) {
		if (!is_fault(name))
			return -EINVAL;
		faults->only[faults->only_count++] = name;
	}
	if (faults->only_count > 0)
		qsort(faults->only, faults->only_count, sizeof *faults->only,
		      by_text);
	return 0;
}

static const char *host_name(uint32_t number)
{
	const struct snt__link *hosts = &snt__sim_world->hosts;

	for (const struct snt__link *link = hosts->next; link != hosts;
	     link = link->next) {
		const struct snt__sim_host *host = SNT__CONTAINER(
			link, const struct snt__sim_host, in_world);

		if (host->number == number)
			return host->name;
	}
	return "?";
}

/* "loss:client>server:17", "recv:client:3", "kill:0"; its length. */
static size_t name_fault(const struct snt__sim_fault_name *name,
			 char text[SNT__SIM_FAULT])
{
	uint32_t from = name->site >> 16, to = name->site & 0xffff;

	if (name->site == 0)
		return (size_t)snprintf(text, SNT__SIM_FAULT, "%s:%u",
					name->kind, name->count);
	if (from == 0)
		return (size_t)snprintf(text, SNT__SIM_FAULT, "%s:%s:%u",
					name->kind, host_name(to), name->count);
	return (size_t)snprintf(text, SNT__SIM_FAULT, "%s:%s>%s:%u", name->kind,
				host_name(from), host_name(to), name->count);
}

static bool may_happen(const struct snt__sim_faults *faults,
		       const struct snt__sim_fault_name *name)
{
	char text[SNT__SIM_FAULT];
	const char *key = text;

	name_fault(name, text);
	return faults->only_count > 0 &&
	       bsearch(&key, faults->only, faults->only_count,
		       sizeof *faults->only, by_text) != NULL;
}

int snt__sim_faults_begin(const char *only)
{
	struct snt__sim_faults *faults = snt__sim_alloc(sizeof *faults);

	faults->room = 64;
	faults->places = snt__sim_alloc(faults->room * sizeof(struct place));
	snt__sim_world->faults = faults;
	return only != NULL ? parse_only(faults, only) : 0;
}

void snt__sim_faults_end(void)
{
	struct snt__sim_faults *faults = snt__sim_world->faults;

	snt__sim_free(faults->places);
	snt__sim_free(faults->happened);
	snt__sim_free(faults->only);
	snt__sim_free(faults->only_text);
	snt__sim_free(faults);
}

static struct place *find(struct snt__sim_faults *faults, uint64_t kind,
			  uint32_t site)
{
	size_t at = scramble(kind ^ site) & (faults->room - 1);

	while (faults->places[at].kind != 0 &&
	       (faults->places[at].kind != kind ||
		faults->places[at].site != site))
		at = (at + 1) & (faults->room - 1);
	return &faults->places[at];
}

static void grow(struct snt__sim_faults *faults)
{
	struct place *old = faults->places;
	size_t room = faults->room;

	faults->room = 2 * room;
	faults->places = snt__sim_alloc(faults->room * sizeof *old);
	for (size_t i = 0; i < room; i++)
		if (old[i].kind != 0)
			*find(faults, old[i].kind, old[i].site) = old[i];
	snt__sim_free(old);
}

static uint32_t count_up(struct snt__sim_faults *faults, uint64_t kind,
			 uint32_t site)
{
	struct place *place = find(faults, kind, site);

	if (place->kind == 0) {
		if (2 * ++faults->used > faults->room) {
			grow(faults);
			place = find(faults, kind, site);
		}
		place->kind = kind;
		place->site = site;
	}
	return place->count++;
}

static void list(struct snt__sim_faults *faults,
		 const struct snt__sim_fault_name *name)
{
	faults->happened =
		snt__sim_grow(faults->happened, faults->happened_count,
			      &faults->happened_room,
			      faults->happened_count + 1, sizeof *name);
	faults->happened[faults->happened_count++] = *name;
	for (size_t i = 0; i < SNT_SIM_KINDS; i++) {
		struct snt_sim_count *count = &faults->counts[i];

		if (count->count == 0)
			memcpy(count->kind, name->kind, sizeof count->kind);
		if (strcmp(count->kind, name->kind) == 0) {
			count->count++;
			break;
		}
	}
}

static void trace(const struct snt__sim_fault_name *name)
{
	char text[SNT__SIM_FAULT] = "";

	if (snt__sim_world->trace != NULL)
		name_fault(name, text);
	snt__sim_trace(NULL, "fault", name->site, name->count, "%s", text);
}

bool snt__sim_fault(const char *kind, uint32_t site, unsigned per_million)
{
	struct snt__sim_faults *faults = snt__sim_world->faults;
	struct snt__sim_fault_name name = { .site = site };
	uint64_t hash;

	if (per_million == 0)
		return false;
	hash = kind_hash(kind);
	name.count = count_up(faults, hash, site);
	snprintf(name.kind, sizeof name.kind, "%s", kind);
	if (faults->only != NULL
		    ? !may_happen(faults, &name)
		    : scramble(row_of(hash, site) + name.count * GOLDEN) %
				      1000000 >=
			      per_million)
		return false;
	list(faults, &name);
	trace(&name);
	return true;
}

void snt__sim_faults_tell(struct snt_sim_report *report, char *text,
			  size_t size)
{
	const struct snt__sim_faults *faults = snt__sim_world->faults;

	memcpy(report->faults, faults->counts, sizeof faults->counts);
	if (text == NULL)
		return;
	text[0] = '\0';
	for (size_t i = 0; i < faults->happened_count; i++) {
		char name[SNT__SIM_FAULT];
		size_t length = name_fault(&faults->happened[i], name);

		if (length + 2 > size)
			return;
		if (i > 0)
			*text++ = ' ';
		memcpy(text, name, length + 1);
		text += length;
		size -= length + 1;
	}
}

size_t snt__sim_faults_size(void)
{
	const struct snt__sim_faults *faults = snt__sim_world->faults;
	char name[SNT__SIM_FAULT];
	size_t size = 1;

	for (size_t i = 0; i < faults->happened_count; i++)
		size += 1 + name_fault(&faults->happened[i], name);
	return size;
}
