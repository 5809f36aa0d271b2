/* SPDX-License-Identifier: MIT */
/*
 * To which thread a handle belongs. It takes the thread of its first call and
 * keeps it until it is released; a close from elsewhere is a letter to the
 * owner, who alone knows who waits on it and has it in its poller.
 */
#include "socket/owner.h"

#include "fiber/registry.h"

int snt_release(struct snt_socket *socket)
{
	struct snt__thread *thread = snt__thread_now();
	size_t count = 0;
	int code = snt__handle_claim(thread, &socket->handle);

	for (; code == 0; count++) {
		const struct snt_socket *part = snt__socket_part(socket, count);

		if (part == NULL)
			break;
		if (part->handle.reader != NULL || part->handle.writer != NULL)
			code = -EBUSY;
		else if (part->handle.watches != NULL)
			return snt__fail_text(-EBUSY,
					      "release: a selector watches it");
	}
	if (code == -EBUSY)
		return snt__fail_text(code, "release: a fiber waits on it");
	if (code < 0)
		return snt__fail(code, "release");
	/* The first of them last: whoever takes that one has them all. */
	while (count > 0)
		snt__handle_release(thread,
				    &snt__socket_part(socket, --count)->handle);
	return 0;
}

static struct snt_socket *socket_of(struct snt__letter *letter)
{
	return SNT__CONTAINER(letter, struct snt_socket, closing);
}

/* On the owner's thread, unless it gave the handle away meanwhile. */
static void open_letter(struct snt__letter *letter)
{
	/* The descriptor must not close under who wakes us by it. */
	snt__registry_pass();
	snt_close(socket_of(letter));
}

static void open_abandoned(struct snt__letter *letter)
{
	snt__registry_pass();
	snt_abort(socket_of(letter));
}

/*
 * A lone thread sleeps in poll(2) with nothing but its descriptors to wake it.
 * What this does to the connection, closing it does right after; a file that
 * others share is waited for in reach of letters.
 */
static void wake_by_shutdown(struct snt__letter *letter)
{
	const struct snt_socket *socket = socket_of(letter);

	if (!socket->shared)
		snt__io->shutdown(socket->handle.fd, SHUT_RDWR);
}

static void wake_by_reset(struct snt__letter *letter)
{
	const struct snt_addr nobody = { .size = sizeof(sa_family_t) };
	const struct snt_socket *socket = socket_of(letter);

	if (!socket->shared)
		snt__io->connect(socket->handle.fd, &nobody);
}

bool snt__close_elsewhere(struct snt_socket *socket, enum snt__ending how)
{
	struct snt__thread *thread = snt__thread_now();

	socket->closing.open = how == SNT__CLOSE ? open_letter : open_abandoned;
	while (snt__handle_claim(thread, &socket->handle) < 0) {
		uint64_t home = atomic_load(&socket->handle.home);

		/* Both fail when it has just been released, or its thread has
		 * just ended; then it may be ours. */
		if (snt__registry_post(home, &socket->closing,
				       how == SNT__RESET ? wake_by_reset
							 : wake_by_shutdown))
			return true;
	}
	return false;
}
