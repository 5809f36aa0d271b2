/* SPDX-License-Identifier: MIT */
/* What programs say in a world, and what they ask of chance. */
#include "sim/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int snt_sim_check(struct snt_sim *sim, const char *name,
		  bool (*check)(void *arg), void *arg)
{
	struct snt__sim_check *made = snt__sim_alloc(sizeof *made);

	snprintf(made->name, sizeof made->name, "%s", name);
	made->check = check;
	made->arg = arg;
	snt__list_append(&sim->checks, &made->link);
	return 0;
}

void snt_sim_fail(const char *name, const char *format, ...)
{
	char text[512];
	va_list args;

	if (snt__sim_world == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	snt__sim_fail(name, "%s", text);
}

void snt_sim_note(const char *format, ...)
{
	char text[512];
	va_list args;

	if (snt__sim_world == NULL || snt__sim_world->thread == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	snt__sim_trace(snt__sim_world->thread->host, "note",
		       (int64_t)snt__sim_hash(text, strlen(text)), 0, "%s",
		       text);
}

uint64_t snt_sim_random(uint64_t limit)
{
	return snt__sim_world != NULL
		       ? snt__sim_below(&snt__sim_now_running()->chance, limit)
		       : 0;
}

bool snt_sim_chance(const char *kind, unsigned per_million)
{
	return snt__sim_world != NULL && snt__sim_fault(kind, 0, per_million);
}
