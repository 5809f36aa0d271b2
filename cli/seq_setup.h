/* SPDX-License-Identifier: MIT */
/* From the options of seq:// addresses to the library's. */
#ifndef CLI_SEQ_SETUP_H
#define CLI_SEQ_SETUP_H

#include "address.h"
#include "options.h"

struct seq_setup {
	struct snt_seq_opts opts;
	unsigned char key[SNT_SEQ_KEY]; /* opts points at it */
};

/* Reads the key, warns of --insecure; nothing where the address is no seq://.
 * 0, or a status. The setup may not move from then on. */
int seq_setup_open(struct seq_setup *setup, const struct options *options,
		   const struct address *address);

/* Whether the setup lets one serve there: 0, or a status after it has said what
 * to do. */
int seq_setup_check(const struct seq_setup *setup,
		    const struct address *address,
		    const struct snt_socket *server);

/* The last failure, to begin a session, and what to do about it. A status. */
int seq_setup_report(const struct seq_setup *setup,
		     const struct address *address, int code);

/* Forgets the key. */
void seq_setup_close(struct seq_setup *setup);

#endif
