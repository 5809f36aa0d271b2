/* SPDX-License-Identifier: MIT */
/*
 * Timeout and clean-up scopes: a chain on the fiber's stack, innermost first.
 * A masking scope hides from view the cancel and every scope further out.
 */
#include "base/deadline.h"
#include "fiber/thread.h"

#define CLEANUP_DEFAULT SNT_SECOND

static void begin(struct snt_scope *scope, int64_t limit, bool masks)
{
	struct snt_fiber *self = snt__fiber_now();

	scope->deadline = SNT_FOREVER;
	if (limit != 0 && limit != SNT_FOREVER)
		scope->deadline = snt__deadline(snt__io->now(), limit);
	scope->outer = self->scope;
	scope->masks = masks;
	scope->expired = false;
	self->scope = scope;
	snt__fiber_refresh(self);
}

void snt_timeout_begin(struct snt_scope *scope, int64_t limit)
{
	begin(scope, limit, false);
}

void snt_cleanup_begin(struct snt_scope *scope, int64_t limit)
{
	begin(scope, limit == 0 ? CLEANUP_DEFAULT : limit, true);
}

/* Ending one out of order ends those begun inside it as well. */
void snt_scope_end(struct snt_scope *scope)
{
	struct snt_fiber *self = snt__fiber_now();

	for (const struct snt_scope *inner = self->scope; inner != NULL;
	     inner = inner->outer) {
		if (inner != scope)
			continue;
		self->scope = scope->outer;
		snt__fiber_refresh(self);
		return;
	}
}

bool snt_scope_expired(const struct snt_scope *scope)
{
	return scope->expired;
}
