/* SPDX-License-Identifier: MIT */
/* A peer that says what is written down, piece by piece. */
#ifndef TESTS_SOCKET_SCRIPT_H
#define TESTS_SOCKET_SCRIPT_H

#include "net.h"

struct script {
	struct snt_socket *socket;
	const char *const *pieces; /* "": the end */
};

/* Each piece is sent only when the one before it has been seen. */
MAYBE static int send_script(void *arg)
{
	const struct script *script = arg;

	for (size_t i = 0; script->pieces[i] != NULL; i++) {
		if (script->pieces[i][0] == '\0')
			OK(snt_shutdown(script->socket, SHUT_WR));
		else
			OK(snt_sendall(script->socket, script->pieces[i],
				       strlen(script->pieces[i])));
		OK(snt_sleep(MILLISECONDS(1)));
	}
	return 0;
}

#endif
