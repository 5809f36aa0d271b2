/* SPDX-License-Identifier: MIT */
/* One option at a time; what the typed ones are made of. */
#include "socket/option.h"

#include <limits.h>
#include <stdio.h>

/* The longest name that is an option: of an interface, or an algorithm. */
#define NAME_MAX_HERE 16

int snt__option_set(struct snt_socket *socket, int level, int option,
		    const void *value, socklen_t size, const char *name)
{
	struct snt_socket *part;
	int code = 0;

	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++)
		code = snt__io->setsockopt(part->handle.fd, level, option,
					   value, size);
	return code < 0 ? snt__fail(code, "%s", name) : 0;
}

int snt__option_set_int(struct snt_socket *socket, int level, int option,
			int value, const char *name)
{
	return snt__option_set(socket, level, option, &value, sizeof value,
			       name);
}

int snt__option_set_both(struct snt_socket *socket, int v4, int v6, int value,
			 const char *name)
{
	struct snt_socket *part;
	int code = 0;

	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++) {
		code = snt__io->setsockopt(part->handle.fd, IPPROTO_IP, v4,
					   &value, sizeof value);
		if (code == 0 && part->family == AF_INET6)
			code = snt__io->setsockopt(part->handle.fd,
						   IPPROTO_IPV6, v6, &value,
						   sizeof value);
	}
	return code < 0 ? snt__fail(code, "%s", name) : 0;
}

int snt__option_get_int(const struct snt_socket *socket, int level, int option,
			int *value, const char *name)
{
	socklen_t size = sizeof *value;
	int found = 0;
	int code = snt__io->getsockopt(socket->handle.fd, level, option, &found,
				       &size);

	if (code < 0)
		return snt__fail(code, "%s", name);
	*value = found;
	return 0;
}

int snt__option_get_bool(const struct snt_socket *socket, int level, int option,
			 bool *on, const char *name)
{
	int value = 0, code;

	code = snt__option_get_int(socket, level, option, &value, name);
	if (code == 0)
		*on = value != 0;
	return code;
}

int snt__option_get_text(const struct snt_socket *socket, int level, int option,
			 char *text, size_t size, const char *name)
{
	char found[NAME_MAX_HERE + 1] = "";
	socklen_t length = NAME_MAX_HERE;
	int code = snt__io->getsockopt(socket->handle.fd, level, option, found,
				       &length);

	if (code < 0)
		return snt__fail(code, "%s", name);
	return snprintf(text, size, "%s", found);
}

int snt__units(int64_t duration, int64_t unit)
{
	int64_t count;

	if (duration < 0 || duration == SNT_FOREVER)
		return -1;
	count = duration / unit + (duration % unit != 0);
	return count > INT_MAX ? -1 : (int)count;
}
