/* SPDX-License-Identifier: MIT */
/*
 * What fibers wait for, as text. A fiber that parks leaves only a static word
 * or the handle it waits on; all else is found out here, when somebody asks:
 * what the descriptor is and who is at its other end. Takes no memory, since a
 * dump is wanted most when things go wrong.
 */
#include "fiber/thread.h"

#include <sennit/inspect.h>
#include <stdio.h>

#define WAITS_TEXT (SNT_ADDR_TEXT + 32)

/* "recv from 127.0.0.1:80" */
static void describe(char *text, const struct snt__handle *handle,
		     const struct snt_fiber *fiber)
{
	bool reads = handle->reader == fiber;
	const char *what = reads ? "recv from" : "send to";
	char name[SNT_ADDR_TEXT];
	struct snt__descriptor kind;
	struct snt_addr addr;
	int fd = handle->fd;

	if (snt__io->describe(fd, &kind) < 0 || kind.family == AF_UNSPEC) {
		snprintf(text, WAITS_TEXT, "%s descriptor %d",
			 reads ? "read from" : "write to", fd);
		return;
	}
	if (snt__io->getpeername(fd, &addr) < 0) {
		what = kind.listening             ? "accept on"
		       : reads                    ? "recv on"
		       : kind.type == SOCK_STREAM ? "connect from"
						  : "send from";
		if (snt__io->getsockname(fd, &addr) < 0) {
			snprintf(text, WAITS_TEXT, "%s descriptor %d", what,
				 fd);
			return;
		}
	}
	if (addr.sa.any.sa_family == AF_UNIX &&
	    addr.size <= offsetof(struct sockaddr_un, sun_path)) {
		snprintf(text, WAITS_TEXT, "%s an unnamed socket", what);
		return;
	}
	snt_addr_format(&addr, name, sizeof name);
	snprintf(text, WAITS_TEXT, "%s %s", what, name);
}

static void look_at(const struct snt_fiber *fiber, char *text, int64_t now,
		    struct snt_fiber_info *info)
{
	*info = (struct snt_fiber_info){ .name = fiber->name,
					 .waits = "ready",
					 .left = SNT_FOREVER,
					 .cancelled = fiber->cancelled };
	if (fiber->state == SNT__RUNNING)
		info->waits = "running";
	if (fiber->state != SNT__PARKED)
		return;
	info->waits = fiber->waits != NULL ? fiber->waits : "something";
	if (fiber->waits == NULL && fiber->waits_on != NULL) {
		describe(text, fiber->waits_on, fiber);
		info->waits = text;
	}
	info->since = now > fiber->parked_at ? now - fiber->parked_at : 0;
	if (fiber->timed)
		info->left =
			fiber->timer.key > now ? fiber->timer.key - now : 0;
}

size_t snt_fibers(void (*visit)(void *arg, const struct snt_fiber_info *info),
		  void *arg)
{
	struct snt__thread *thread = snt__thread_now();
	int64_t now = snt__io->now();
	struct snt_fiber_info info;
	char text[WAITS_TEXT];

	if (visit == NULL)
		return thread->fibers + 1;
	look_at(&thread->main, text, now, &info);
	visit(arg, &info);
	for (const struct snt__link *link = thread->all.next;
	     link != &thread->all; link = link->next) {
		look_at(SNT__CONTAINER(link, struct snt_fiber, in_thread), text,
			now, &info);
		visit(arg, &info);
	}
	return thread->fibers + 1;
}

struct dump {
	int fd;
	int code;
};

static void write_line(struct dump *dump, const char *line, size_t size)
{
	while (dump->code == 0 && size > 0) {
		ptrdiff_t n = snt__io->write(dump->fd, line, size);

		if (n < 0)
			dump->code = (int)n;
		else
			size -= (size_t)n;
		if (n > 0)
			line += n;
	}
}

/* Seconds to a thousandth; nothing where there is nothing to tell. */
static void print_seconds(char text[24], bool told, int64_t duration)
{
	text[0] = '\0';
	if (told)
		snprintf(text, 24, "%lld.%03d s",
			 (long long)(duration / SNT_SECOND),
			 (int)(duration % SNT_SECOND / SNT_MILLISECOND));
}

static void write_fiber(void *arg, const struct snt_fiber_info *info)
{
	char line[WAITS_TEXT + 96], since[24], left[24];
	int length;

	print_seconds(since, info->since > 0, info->since);
	print_seconds(left, info->left != SNT_FOREVER, info->left);
	length = snprintf(line, sizeof line, "%-15s  %12s  %12s  %s%s\n",
			  info->name, since, left, info->waits,
			  info->cancelled ? " (cancelled)" : "");
	write_line(arg, line,
		   (size_t)length < sizeof line ? (size_t)length
						: sizeof line - 1);
}

int snt_dump_fibers(int fd)
{
	static const char head[] =
		"fiber                   since          left  waits for\n";
	struct dump dump = { .fd = fd };

	write_line(&dump, head, sizeof head - 1);
	snt_fibers(write_fiber, &dump);
	return dump.code < 0 ? snt__fail(dump.code,
					 "dump of fibers to descriptor %d", fd)
			     : 0;
}

void snt_set_hog_hook(int64_t limit,
		      void (*hook)(void *arg, const struct snt_hog *hog),
		      void *arg)
{
	struct snt__thread *thread = snt__thread_now();

	thread->hog_limit = limit;
	thread->hog_arg = arg;
	thread->hog_hook = hook;
	thread->resumed_at = snt__io->now();
}

void snt__tell_hog(struct snt__thread *thread)
{
	struct snt_fiber *self = thread->current;
	struct snt_hog hog = { .name = self->name };
	struct snt__context kept;

	hog.ran = snt__io->now() - thread->resumed_at;
	if (hog.ran < thread->hog_limit || thread->captive ||
	    (thread->fibers == 0 && self == &thread->main))
		return;
	/* It has queued itself already where it will wait: a wait of another
	 * kind would get what is meant for that one. */
	thread->captive = true;
	self->alert = true;
	/* The fiber may be on its way out with a failure to tell. */
	kept = self->context;
	self->context = (struct snt__context){ 0 };
	thread->hog_hook(thread->hog_arg, &hog);
	snt__context_reset(&self->context);
	self->context = kept;
	thread->captive = false;
}
