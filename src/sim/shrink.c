/* SPDX-License-Identifier: MIT */
/*
 * Fewer faults for the same failure, by delta debugging (Zeller and
 * Hildebrandt, "Simplifying and isolating failure-inducing input", 2002): parts
 * of the list are left out, ever smaller ones, as long as the world still fails
 * in the same way.
 */
#include "sim/run.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define RUNS 1000

struct search {
	int (*director)(struct snt_sim *sim, void *arg);
	void *arg;
	struct snt_sim_opts opts;
	unsigned left; /* runs */
	char what[32];
	char **names; /* of the smallest list so far */
	size_t count;
	char *text; /* room for a list */
};

/* The list without the names from `from` to `to`. */
static void write_list(const struct search *search, size_t from, size_t to)
{
	char *end = search->text;

	*end = '\0';
	for (size_t i = 0; i < search->count; i++) {
		size_t length = strlen(search->names[i]);

		if (i >= from && i < to)
			continue;
		if (end > search->text)
			*end++ = ' ';
		memcpy(end, search->names[i], length + 1);
		end += length;
	}
}

/* Whether it still fails so, without those. */
static bool fails_without(struct search *search, size_t from, size_t to)
{
	struct snt_sim_report report = { 0 };
	bool same;

	if (search->left == 0)
		return false;
	search->left--;
	write_list(search, from, to);
	search->opts.only = search->text;
	/* What it says is in the report. */
	same = snt__sim_run_once(search->director, search->arg, &search->opts,
				 &report) < 0 &&
	       strcmp(report.what, search->what) == 0;
	snt_sim_report_release(&report);
	return same;
}

static void leave_out(struct search *search, size_t from, size_t to)
{
	memmove(search->names + from, search->names + to,
		(search->count - to) * sizeof search->names[0]);
	search->count -= to - from;
}

static void shrink(struct search *search)
{
	size_t size = search->count;

	while (size > 0 && search->left > 0) {
		size_t from = 0;
		bool any = false;

		while (from < search->count && search->left > 0) {
			size_t to = from + size < search->count ? from + size
								: search->count;

			if (fails_without(search, from, to)) {
				leave_out(search, from, to);
				any = true;
			} else {
				from = to;
			}
		}
		if (!any || size > search->count)
			size = size > search->count && search->count > 0
				       ? search->count
				       : size / 2;
	}
}

/* Cuts the text into its names, which point into it. */
static int cut(struct search *search, char *text)
{
	size_t room = 1;
	char *rest;

	for (const char *at = text; *at != '\0'; at++)
		room += *at == ' ';
	search->names = snt__alloc_array(room, sizeof search->names[0]);
	search->text = snt__alloc(strlen(text) + 1);
	if (search->names == NULL || search->text == NULL)
		return -ENOMEM;
	for (char *name = strtok_r(text, " ", &rest); name != NULL;
	     name = strtok_r(NULL, " ", &rest))
		search->names[search->count++] = name;
	return 0;
}

static int search_all(struct search *search, struct snt_sim_report *first,
		      struct snt_sim_report *report, const char *trace)
{
	char nothing[1] = "";

	memcpy(search->what, first->what, sizeof search->what);
	if (cut(search, first->only != NULL ? first->only : nothing) < 0)
		return snt__fail(-ENOMEM, "shrink");
	shrink(search);
	write_list(search, 0, 0);
	search->opts.only = search->text;
	search->opts.trace = trace;
	return snt__sim_run_once(search->director, search->arg, &search->opts,
				 report);
}

int snt_sim_shrink(int (*director)(struct snt_sim *sim, void *arg), void *arg,
		   const struct snt_sim_opts *opts, unsigned runs,
		   struct snt_sim_report *report)
{
	struct search search = { .director = director,
				 .arg = arg,
				 .left = runs > 0 ? runs : RUNS };
	struct snt_sim_report first = { 0 }, last = { 0 };
	const char *trace;
	int code = snt__sim_settle_opts(&search.opts, opts);

	if (code < 0)
		return code;
	trace = search.opts.trace;
	search.opts.trace = "";
	code = snt__sim_run_once(director, arg, &search.opts, &first);
	if (code == 0)
		code = snt__fail_text(-EINVAL,
				      "shrink: seed %llu does not "
				      "fail",
				      (unsigned long long)first.seed);
	else if (first.what[0] != '\0')
		code = search_all(&search, &first, &last, trace);
	snt__free(search.names);
	snt__free(search.text);
	snt_sim_report_release(&first);
	if (report != NULL)
		*report = last;
	else
		snt_sim_report_release(&last);
	return code;
}
