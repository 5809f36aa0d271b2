/* SPDX-License-Identifier: MIT */
/*
 * What the seed decides. A fault is told by its kind, its site and how often it
 * could have happened there before: so it can be named, allowed or left out in
 * another run, and what happens at one site does not change another's chances.
 */
#include "io/sim/chance.h"

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
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *kind != '\0'; kind++)
		hash = (hash ^ (unsigned char)*kind) * UINT64_C(0x100000001b3);
	return hash;
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
	struct snt__sim_fault_name *only; /* NULL: any may */
	size_t only_count;
	struct snt_sim_count counts[SNT_SIM_KINDS];
};

static int by_name(const void *a, const void *b)
{
	const struct snt__sim_fault_name *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);

	if (order == 0 && x->site != y->site)
		order = x->site < y->site ? -1 : 1;
	if (order == 0 && x->count != y->count)
		order = x->count < y->count ? -1 : 1;
	return order;
}

/* A site of two hosts, as a link is, is "from-to". */
static int write_one(char *text, size_t size,
		     const struct snt__sim_fault_name *name)
{
	uint32_t from = name->site >> 16, to = name->site & UINT16_MAX;

	return from > 0 ? snprintf(text, size, "%s:%u-%u:%u", name->kind, from,
				   to, name->count)
			: snprintf(text, size, "%s:%u:%u", name->kind, to,
				   name->count);
}

/* Digits, of a number of at most that. */
static bool parse_number(const char **text, unsigned long most,
			 uint32_t *number)
{
	unsigned long value;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoul(*text, &end, 10);
	*text = end;
	*number = (uint32_t)value;
	return value <= most;
}

static bool parse_one(const char **text, struct snt__sim_fault_name *name)
{
	size_t length = strcspn(*text, ":");
	uint32_t from = 0;

	if (length == 0 || length >= sizeof name->kind || (*text)[length] == 0)
		return false;
	memset(name, 0, sizeof *name);
	memcpy(name->kind, *text, length);
	*text += length + 1;
	if (!parse_number(text, UINT16_MAX, &name->site))
		return false;
	if (**text == '-') {
		from = name->site;
		(*text)++;
		if (!parse_number(text, UINT16_MAX, &name->site))
			return false;
	}
	name->site |= from << 16;
	if (*(*text)++ != ':' || !parse_number(text, UINT32_MAX, &name->count))
		return false;
	if (**text != '\0' && **text != ' ')
		return false;
	*text += strspn(*text, " ");
	return true;
}

static int parse_only(struct snt__sim_faults *faults, const char *text)
{
	size_t room = 1;

	for (const char *at = text; *at != '\0'; at++)
		room += *at == ' ';
	faults->only = snt__sim_alloc(room * sizeof *faults->only);
	text += strspn(text, " ");
	while (*text != '\0')
		if (!parse_one(&text, &faults->only[faults->only_count++]))
			return -EINVAL;
	if (faults->only_count > 0)
		qsort(faults->only, faults->only_count, sizeof *faults->only,
		      by_name);
	return 0;
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
	struct snt__sim_fault_name *grown;

	if (faults->happened_count == faults->happened_room) {
		faults->happened_room = 2 * faults->happened_room + 16;
		grown = snt__sim_alloc(faults->happened_room * sizeof *grown);
		if (faults->happened_count > 0)
			memcpy(grown, faults->happened,
			       faults->happened_count * sizeof *grown);
		snt__sim_free(faults->happened);
		faults->happened = grown;
	}
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

bool snt__sim_fault(const char *kind, uint32_t site, unsigned per_million)
{
	struct snt__sim_faults *faults = snt__sim_world->faults;
	struct snt__sim_fault_name name = { .site = site };
	char text[48] = "";
	uint64_t hash;

	if (per_million == 0)
		return false;
	hash = kind_hash(kind);
	name.count = count_up(faults, hash, site);
	snprintf(name.kind, sizeof name.kind, "%s", kind);
	if (faults->only != NULL) {
		if (faults->only_count == 0 ||
		    bsearch(&name, faults->only, faults->only_count,
			    sizeof name, by_name) == NULL)
			return false;
	} else if (scramble(row_of(hash, site) + name.count * GOLDEN) %
			   1000000 >=
		   per_million) {
		return false;
	}
	list(faults, &name);
	if (snt__sim_world->trace != NULL)
		write_one(text, sizeof text, &name);
	snt__sim_trace(NULL, "fault", site, name.count, "%s", text);
	return true;
}

void snt__sim_faults_tell(struct snt_sim_report *report, char *text,
			  size_t size)
{
	const struct snt__sim_faults *faults = snt__sim_world->faults;
	int length;

	memcpy(report->faults, faults->counts, sizeof faults->counts);
	if (text == NULL)
		return;
	*text = '\0';
	for (size_t i = 0; i < faults->happened_count; i++) {
		if (i > 0) {
			*text++ = ' ';
			size--;
		}
		length = write_one(text, size, &faults->happened[i]);
		text += length;
		size -= (size_t)length;
	}
}

size_t snt__sim_faults_size(void)
{
	/* A space, a kind, three numbers of at most 20 digits in all, and what
	 * stands between them. */
	return snt__sim_world->faults->happened_count *
		       (1 + sizeof((struct snt_sim_count *)0)->kind + 24) +
	       1;
}
