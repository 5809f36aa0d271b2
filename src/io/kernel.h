/* SPDX-License-Identifier: MIT */
/* The parts of the kernel maker that have files of their own; as struct
 * snt__io, see io.h. */
#ifndef SNT_IO_KERNEL_H
#define SNT_IO_KERNEL_H

#include "io/io.h"

ptrdiff_t snt__kernel_sendmsg(int fd, const struct msghdr *message, int flags);
ptrdiff_t snt__kernel_recvmsg(int fd, struct msghdr *message, int flags);
int snt__kernel_sendmmsg(int fd, struct mmsghdr *messages, unsigned count,
			 int flags);
int snt__kernel_recvmmsg(int fd, struct mmsghdr *messages, unsigned count,
			 int flags);
ptrdiff_t snt__kernel_write(int fd, const void *buffer, size_t size);
ptrdiff_t snt__kernel_pread(int fd, void *buffer, size_t size, int64_t offset);
int64_t snt__kernel_seek(int fd, int64_t offset, int whence);
ptrdiff_t snt__kernel_sendfile(int out, int in, int64_t offset, size_t size);
ptrdiff_t snt__kernel_load(const char *path, char **text);
int snt__kernel_append(const char *path, const void *bytes, size_t size);
int snt__kernel_if_nametoindex(const char *name);
int snt__kernel_if_indextoname(unsigned index, char name[16]);
int snt__kernel_if_nameindex(struct snt_interface *interfaces, size_t capacity);
int snt__kernel_getaddrinfo(const struct snt__lookup *lookup,
			    struct snt_addr *addrs, size_t capacity,
			    const char **reason);
int snt__kernel_getnameinfo(const struct snt_addr *addr,
			    struct snt_nameinfo *info,
			    const struct snt_getnameinfo_opts *opts,
			    const char **reason);

void snt__kernel_backends(const struct snt__poller_ops **begin,
			  const struct snt__poller_ops **spawn);
bool snt__kernel_has_backend(const char *name);
int snt__kernel_submit(struct snt__pool *pool, struct snt__job *job);
enum snt__job_fate snt__kernel_leave(struct snt__job *job, bool abandon);
int snt__kernel_thread_start(void **thread, void (*fn)(void *arg), void *arg);
void snt__kernel_thread_join(void *thread);
int snt__kernel_cores(void);
int snt__kernel_signal_catch(int number, int notify_fd);
void snt__kernel_signal_release(int number);
int snt__kernel_signal_take(int number);

#endif
