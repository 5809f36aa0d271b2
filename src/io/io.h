/* SPDX-License-Identifier: MIT */
/*
 * The seam: everything sennit asks of the world goes through this table, so
 * that another maker behind it (a fault injector, a simulated network) makes
 * another world for the same object code. No other floor calls recv, poll,
 * clock_gettime or getaddrinfo.
 *
 * Nothing in the table waits. Functions return 0, a count or a descriptor, or
 * a negated errno; out-values are written only on success. Descriptors are
 * born close-on-exec and non-blocking. EINTR and SIGPIPE stay below.
 */
#ifndef SNT_IO_IO_H
#define SNT_IO_IO_H

#include <sennit/addr.h>
#include <sennit/resolve.h>
#include <sys/types.h>

struct mmsghdr;
struct snt__job;
struct snt__poller_ops;
struct snt__pool;

/* What became of a job that its owner no longer waits for. */
enum snt__job_fate {
	SNT__JOB_WITHDRAWN, /* it never ran; its memory is the owner's */
	SNT__JOB_FINISHED,  /* it ran; its letter is on its way, or opened */
	SNT__JOB_LEFT,      /* it runs; the worker will release it */
	SNT__JOB_RUNNING,   /* it runs, and leaving was not asked for */
};

/* What a foreign descriptor is. */
struct snt__descriptor {
	int family; /* AF_UNSPEC: no socket */
	int type;
	int protocol;
	bool listening;
	bool nonblocking;
};

/* A file's identity, to tell whether a path still is the file we made. */
struct snt__file_id {
	dev_t device;
	ino_t inode;
};

struct snt__lookup {
	const char *host;    /* NULL: any (passive) or loopback */
	const char *service; /* NULL: port 0 */
	int family;
	int type;
	bool passive;
};

/* What a file that is loaded may have at most. */
#define SNT__LOAD_MAX ((size_t)16 << 20)

struct snt__io {
	const char *name;
	bool simulated; /* chance and time are made up, and nothing is a secret */

	/* Create, name, configure. */
	int (*socket)(int family, int type, int protocol);
	int (*socketpair)(int type, int fds[2]);
	int (*dup)(int fd);
	int (*describe)(int fd, struct snt__descriptor *descriptor);
	int (*set_nonblocking)(int fd, bool on);
	int (*bind)(int fd, const struct snt_addr *addr);
	int (*listen)(int fd, int backlog);
	int (*getsockname)(int fd, struct snt_addr *addr);
	int (*getpeername)(int fd, struct snt_addr *addr);
	int (*setsockopt)(int fd, int level, int name, const void *value,
			  socklen_t size);
	int (*getsockopt)(int fd, int level, int name, void *value,
			  socklen_t *size);

	/* Connect and move bytes. -EAGAIN (-EINPROGRESS): wait and try again. */
	int (*accept)(int fd, struct snt_addr *peer);
	int (*connect)(int fd, const struct snt_addr *addr);
	ptrdiff_t (*recv)(int fd, void *buffer, size_t size, int flags);
	ptrdiff_t (*send)(int fd, const void *buffer, size_t size, int flags);
	ptrdiff_t (*recvfrom)(int fd, void *buffer, size_t size, int flags,
			      struct snt_addr *from);
	ptrdiff_t (*sendto)(int fd, const void *buffer, size_t size, int flags,
			    const struct snt_addr *addr);
	/* Several buffers, an address, control data. Descriptors that come in
	 * control data are close-on-exec. */
	ptrdiff_t (*sendmsg)(int fd, const struct msghdr *message, int flags);
	ptrdiff_t (*recvmsg)(int fd, struct msghdr *message, int flags);
	/*
	 * Several datagrams at once: how many, at least one of count, with the
	 * bytes of each in its msg_len. What stopped it after the first is
	 * told to the next call, if it is still so then.
	 */
	int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned count,
			int flags);
	int (*recvmmsg)(int fd, struct mmsghdr *messages, unsigned count,
			int flags);
	/* In which of these directions (SNT__READ | SNT__WRITE) a try would not
	 * have to wait, now; 0: in none. -EBADF: fd is no open descriptor. */
	int (*look)(int fd, unsigned directions);
	/* On pipes, terminals and files; may wait unless looked at first. */
	ptrdiff_t (*read)(int fd, void *buffer, size_t size);
	ptrdiff_t (*write)(int fd, const void *buffer, size_t size);
	/* On files, which are always ready. seek: as lseek(2). */
	ptrdiff_t (*pread)(int fd, void *buffer, size_t size, int64_t offset);
	int64_t (*seek)(int fd, int64_t offset, int whence);
	/* Moves bytes from a file to a descriptor that is set not to wait. */
	ptrdiff_t (*sendfile)(int out, int in, int64_t offset, size_t size);
	int (*shutdown)(int fd, int how);
	/* The descriptor is gone whatever this returns. */
	int (*close)(int fd);

	/* A file as a whole, in a block of snt__alloc with a NUL behind it; the
	 * size. -EFBIG: over SNT__LOAD_MAX. And one piece at the end of a file,
	 * which is made for its owner alone if it is not there. */
	ptrdiff_t (*load)(const char *path, char **text);
	int (*append)(const char *path, const void *bytes, size_t size);

	/* Files that Unix sockets leave in the file system. */
	int (*file_id)(const char *path, struct snt__file_id *id);
	int (*chmod)(const char *path, mode_t mode);
	int (*unlink)(const char *path);

	/* Time, by the steady clock and since 1970, UTC; and chance: bytes that
	 * nobody can foresee. -ENOSYS. */
	int64_t (*now)(void);
	int64_t (*wall)(void);
	int (*random)(void *buffer, size_t size);

	/* Interfaces. */
	int (*if_nametoindex)(const char *name);
	int (*if_indextoname)(unsigned index, char name[16]);
	int (*if_nameindex)(struct snt_interface *interfaces, size_t capacity);

	/* These do wait: for jobs on a pool's threads. On -SNT_ERESOLVE and
	 * -SNT_ENONAME *reason is getaddrinfo's own word. */
	int (*getaddrinfo)(const struct snt__lookup *lookup,
			   struct snt_addr *addrs, size_t capacity,
			   const char **reason);
	int (*getnameinfo)(const struct snt_addr *addr,
			   struct snt_nameinfo *info,
			   const struct snt_getnameinfo_opts *opts,
			   const char **reason);

	/* How to wait: the backend a thread begins on, and the one it moves to
	 * at its first spawn; see poller.h. */
	void (*backends)(const struct snt__poller_ops **begin,
			 const struct snt__poller_ops **spawn);
	/* Whether that one works here; may try it out. */
	bool (*has_backend)(const char *name);

	/*
	 * Threads in the caller's world, where fn may wait; signals but for
	 * faults are kept from them. -EAGAIN, -ENOMEM. Each must be joined,
	 * which waits until fn has returned. And how many can run at once.
	 */
	int (*thread_start)(void **thread, void (*fn)(void *arg), void *arg);
	void (*thread_join)(void *thread);
	int (*cores)(void);
	/* Jobs; see pool.h. */
	int (*submit)(struct snt__pool *pool, struct snt__job *job);
	enum snt__job_fate (*leave)(struct snt__job *job, bool abandon);

	/*
	 * Signals. Caught, a number is kept and notify_fd made readable until
	 * signal_take gives it away: 1 taken, 0 none. -EBUSY, -EINVAL.
	 */
	int (*signal_catch)(int number, int notify_fd);
	void (*signal_release)(int number);
	int (*signal_take)(int number);
	/* A descriptor that a thread or a signal handler can make readable. */
	int (*notifier)(void);
	void (*notify)(int fd);
	void (*notify_clear)(int fd);
	/* A last line on stderr, from a signal handler. */
	void (*complain)(const char *line, size_t size);

	/* Processes: guards forks, see fork.h; ends this one at once, as a
	 * forked child must. */
	void (*at_fork)(void (*child)(void));
	void (*exit)(int status);
};

/* The maker of this thread's world. */
extern _Thread_local const struct snt__io *snt__io
	__attribute__((tls_model("initial-exec")));
extern const struct snt__io snt__kernel_io;

/* What a look-up fails with that ended in one of netdb.h's EAI_ codes. */
int snt__lookup_code(int eai, const char **reason);

#endif
