/* SPDX-License-Identifier: MIT */
/*
 * Open files of simulated hosts, the descriptors that lead to them, and who
 * waits for them. Each kind of file (TCP, UDP, Unix, notifier, console) is a
 * table of operations; what is not in its table gives -EOPNOTSUPP, or the
 * answer that file.c has for it.
 */
#ifndef SNT_IO_SIM_FILE_H
#define SNT_IO_SIM_FILE_H

#include "io/io.h"
#include "io/poller.h"
#include "io/sim/host.h"

#include <sys/socket.h>

struct snt__sim_file;

/* Manners are those of struct snt__io: nothing waits, negated errno. */
struct snt__sim_file_ops {
	const char *kind; /* "tcp" ...: for traces, and whoever left it open */
	int (*bind)(struct snt__sim_file *file, const struct snt_addr *addr);
	int (*listen)(struct snt__sim_file *file, int backlog);
	/* *made: a file without a reference yet, which the caller places. */
	int (*accept)(struct snt__sim_file *file, struct snt__sim_file **made,
		      struct snt_addr *peer);
	int (*connect)(struct snt__sim_file *file, const struct snt_addr *addr);
	/* As sendmsg(2) and recvmsg(2); recv and send come as one buffer. */
	ptrdiff_t (*send)(struct snt__sim_file *file,
			  const struct msghdr *message, int flags);
	ptrdiff_t (*recv)(struct snt__sim_file *file, struct msghdr *message,
			  int flags);
	int (*shutdown)(struct snt__sim_file *file, int how);
	int (*getsockname)(struct snt__sim_file *file, struct snt_addr *addr);
	int (*getpeername)(struct snt__sim_file *file, struct snt_addr *addr);
	/* What options.c does not keep for every socket: -ENOPROTOOPT else.
	 * value and size as for setsockopt(2), checked for sense there. */
	int (*setsockopt)(struct snt__sim_file *file, int level, int name,
			  const void *value, socklen_t size);
	int (*getsockopt)(struct snt__sim_file *file, int level, int name,
			  void *value, socklen_t *size);
	/* In which directions a try would not wait now, and SNT__ODD once
	 * an end, an error or urgent data has been seen. */
	unsigned (*ready)(const struct snt__sim_file *file);
	/* The last descriptor is gone: gives everything back, file included,
	 * or keeps it until the peer has been told (a TCP connection). */
	void (*close)(struct snt__sim_file *file);
};

/* Options that are the same for every socket: kept, and given back. */
struct snt__sim_options {
	int reuseaddr, reuseport, broadcast, keepalive, v6only, nodelay;
	int rcvbuf,
		sndbuf; /* as setsockopt takes them, doubled as Linux does */
	int linger_on, linger_seconds;
	int error;          /* SO_ERROR: positive, read once */
	uint32_t other[24]; /* options.c */
};

struct snt__sim_file {
	const struct snt__sim_file_ops *ops;
	struct snt__sim_host *host;
	unsigned refs; /* descriptors, and descriptors on their way */
	int family, type, protocol;
	bool listening;
	bool nonblocking;
	struct snt__link registrations; /* who is told of its edges */
	struct snt__sim_options options;
};

/*
 * Descriptors of hosts are no numbers that the kernel would know: one that
 * leaves the world gets EBADF there. Nor are they another host's. 0 to 2 are
 * the console of whatever host.
 */
#define SNT__SIM_FD (1 << 24)
#define SNT__SIM_FDS (1 << 16) /* most of a host */

/* Sets up a file that its kind has made; no reference yet. Its host is the one
 * that runs, unless set before: in an event, none does. */
void snt__sim_file_init(struct snt__sim_file *file,
			const struct snt__sim_file_ops *ops, int family,
			int type, int protocol);
/* The lowest free descriptor, which takes the reference. -EMFILE. */
int snt__sim_fd_place(struct snt__sim_file *file);
/* The file of a descriptor of the running host; NULL: not open. */
struct snt__sim_file *snt__sim_fd_file(int fd);
/* The same of whatever host, for letters from the director. */
struct snt__sim_file *snt__sim_fd_anywhere(int fd);
/* How a host itself would call it. */
static inline int snt__sim_fd_index(int fd)
{
	return fd < SNT__SIM_FD ? fd : (fd - SNT__SIM_FD) % SNT__SIM_FDS;
}

/* -EBADF. */
int snt__sim_fd_close(int fd);
/* The last reference closes the file. */
void snt__sim_file_drop(struct snt__sim_file *file);
/* The program has died: its sockets are closed, and in their place stand dead
 * files on which no try has to wait, for fibers that unwind. */
void snt__sim_fd_kill_all(struct snt__sim_host *host);
/* Closes all that the host has open. */
void snt__sim_fd_close_all(struct snt__sim_host *host);

/*
 * In these directions something has changed that makes a try worthwhile: an
 * edge, as epoll would report it. Each arrival of data is one.
 */
void snt__sim_file_stir(struct snt__sim_file *file, unsigned directions);

/* Bytes between a message's buffers and a plain block; how many. */
size_t snt__sim_gather(const struct msghdr *message, size_t skip, void *block,
		       size_t size);
size_t snt__sim_scatter(const struct msghdr *message, size_t skip,
			const void *block, size_t size);
size_t snt__sim_message_size(const struct msghdr *message);

/* socket(2), socketpair(2) by kind. The file has no reference yet. */
int snt__sim_tcp_socket(struct snt__sim_file **made, int family);
int snt__sim_udp_socket(struct snt__sim_file **made, int family);
int snt__sim_unix_socket(struct snt__sim_file **made, int type);
int snt__sim_unix_pair(int type, struct snt__sim_file *made[2]);

/* Every socket's options; the kind's own are asked first. */
int snt__sim_setsockopt(struct snt__sim_file *file, int level, int name,
			const void *value, socklen_t size);
int snt__sim_getsockopt(struct snt__sim_file *file, int level, int name,
			void *value, socklen_t *size);

/* What is kept for a plain one, such as IP_TTL: always some number. */
int snt__sim_option(const struct snt__sim_file *file, int level, int name);

extern const struct snt__poller_ops snt__sim_poller;
extern const struct snt__io snt__sim_io;

#endif
