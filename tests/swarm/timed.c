/* SPDX-License-Identifier: MIT */
/*
 * The looks at single calls. On the virtual clock nothing takes time but
 * waiting, so a call that is told to end by some time ends then: what it may
 * be late by is the clock's creeping where many look at it in one instant, and
 * a pause of its host.
 */
#include "scene.h"

/* Each look at the clock past the thousandth of an instant is a microsecond. */
#define LATE (20 * SNT_MILLISECOND)

void timed_begin(struct timed *timed, const char *call, int64_t limit)
{
	timed->call = call;
	timed->cancelled = snt_cancelled();
	timed->began = snt_now();
	timed->until = limit > 0 && limit < SNT_FOREVER - timed->began
			       ? timed->began + limit
			       : SNT_FOREVER;
	if (timed->cancelled)
		timed->until = timed->began;
	snt_timeout_begin(&timed->scope, limit);
}

/* Codes that no program here asks for, whatever goes wrong. */
static bool is_odd(ptrdiff_t code)
{
	switch (-code) {
	case EBADF:
	case EBUSY:
	case EDEADLK:
	case EDESTADDRREQ:
	case EFAULT:
	case EINPROGRESS:
	case EALREADY:
	case EINTR:
	case EINVAL:
	case EISCONN:
	case ENOSYS:
	case ENOTSOCK:
	case EOPNOTSUPP:
	case EPROTOTYPE:
	case SNT_ETHREAD:
	case SNT_EFORK:
	case SNT_ESIMULATION:
		return true;
	case ECANCELED:
		return !snt_cancelled();
	}
	return false;
}

static void look_at_code(const struct timed *timed, ptrdiff_t code,
			 const struct player *me)
{
	/* A dead network has answers of its own. */
	if (me == NULL || me->killed)
		return;
	EXPECT("code", !is_odd(code), "%s: %s: %s", me->name, timed->call,
	       snt_strerror((int)code));
	EXPECT("words", snt_errmsg()[0] != '\0', "%s: %s: %s, without a word",
	       me->name, timed->call, snt_strerror((int)code));
	EXPECT("calm",
	       !me->world->weather.sound || me->world->rough ||
		       (code == -ECANCELED && snt_cancelled()),
	       "%s: nothing goes wrong, but %s: %s", me->name, timed->call,
	       snt_errmsg());
}

ptrdiff_t timed_end(struct timed *timed, ptrdiff_t code)
{
	const struct player *me = player_here();
	bool expired = snt_scope_expired(&timed->scope);
	int64_t now = snt_now(), until = timed->until;

	snt_scope_end(&timed->scope);
	if (me != NULL && me->resumed_at > until)
		until = me->resumed_at;
	EXPECT("late", until > now - LATE, "%s: %s: %lld us late",
	       snt_fiber_name(), timed->call,
	       (long long)((now - until) / SNT_MICROSECOND));
	EXPECT("early", !expired || now >= timed->until,
	       "%s: %s: %lld us early", snt_fiber_name(), timed->call,
	       (long long)((timed->until - now) / SNT_MICROSECOND));
	EXPECT("cancel", !timed->cancelled || code < 0,
	       "%s: %s: cancelled, and yet it is done (%td)", snt_fiber_name(),
	       timed->call, code);
	if (code < 0)
		look_at_code(timed, code, me);
	return code;
}
