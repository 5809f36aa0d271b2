/* SPDX-License-Identifier: MIT */
/* What is under way between Unix sockets, and what goes with it. */
#ifndef SNT_IO_SIM_UNIX_MESSAGE_H
#define SNT_IO_SIM_UNIX_MESSAGE_H

#include "io/sim/control.h"
#include "io/sim/unix.h"

struct snt__sim_unix_message {
	struct snt__link in_queue;
	struct snt__sim_unix *sender;
	size_t cost;
	size_t size, taken;
	bool has_credentials;
	size_t file_count;
	struct snt__sim_file **files;
	uint8_t bytes[];
};

/* Queues. A message of so many bytes of the program's, which counts so much. */
struct snt__sim_unix_message *
snt__sim_unix_message(struct snt__sim_unix *sender, const struct msghdr *from,
		      size_t skip, size_t size, size_t cost);
void snt__sim_unix_push(struct snt__sim_unix *receiver,
			struct snt__sim_unix_message *message);
struct snt__sim_unix_message *
snt__sim_unix_first(const struct snt__sim_unix *sock);
/* It is taken out and given back. */
void snt__sim_unix_take_out(struct snt__sim_unix *sock,
			    struct snt__sim_unix_message *message);
void snt__sim_unix_purge(struct snt__sim_unix *sock);
bool snt__sim_unix_writable(const struct snt__sim_unix *sock);
bool snt__sim_unix_full(const struct snt__sim_unix *sock);
size_t snt__sim_unix_cost(size_t in_block, size_t in_pages);
/* The pending error, told once. */
int snt__sim_unix_error(struct snt__sim_unix *sock);

/* Control data: what to send with a message, and what came with one. */
struct snt__sim_unix_control {
	struct snt__sim_file **files; /* NULL: none */
	size_t count;
	bool credentials;
};

int snt__sim_unix_take_control(struct snt__sim_unix_control *control,
			       const struct snt__sim_unix *sock,
			       const struct msghdr *message);
void snt__sim_unix_drop_control(struct snt__sim_unix_control *control);
/* Moves it into a message from one socket to another. */
void snt__sim_unix_attach(struct snt__sim_unix_message *message,
			  struct snt__sim_unix_control *control,
			  const struct snt__sim_unix *receiver);
void snt__sim_unix_tell_sender(struct snt__sim_told *told,
			       const struct snt__sim_unix *sock,
			       const struct snt__sim_unix_message *from);
void snt__sim_unix_tell_files(struct snt__sim_told *told,
			      struct snt__sim_unix_message *from, bool peek);
/* The sender's name, if it has one. */
void snt__sim_unix_tell_name(struct msghdr *message,
			     const struct snt__sim_unix *sender);
/* Of an end, there is nothing to tell. */
void snt__sim_unix_tell_nothing(struct msghdr *message);

#endif
