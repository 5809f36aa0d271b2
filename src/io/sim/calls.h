/* SPDX-License-Identifier: MIT */
/* The parts of the table that have files of their own; as struct snt__io. */
#ifndef SNT_IO_SIM_CALLS_H
#define SNT_IO_SIM_CALLS_H

#include "io/sim/file.h"
#include "io/sim/names.h"

/* How each call begins: what is due happens, and it may be made to fail. */
int snt__sim_begin(const char *call);
/* The same with its file: also -EBADF, and -ENETDOWN of a killed host. */
int snt__sim_begin_fd(const char *call, int fd, struct snt__sim_file **file);
/* How it ends: in the trace. Returns result. */
ptrdiff_t snt__sim_traced(const char *call, int fd, ptrdiff_t result);

/* kinds.c. The files have no reference yet. */
int snt__sim_make(struct snt__sim_file **made, int family, int type,
		  int protocol);
int snt__sim_make_pair(struct snt__sim_file *made[2], int type);

/* world_io.c */
ptrdiff_t snt__sim_pread(int fd, void *buffer, size_t size, int64_t offset);
int64_t snt__sim_seek(int fd, int64_t offset, int whence);
ptrdiff_t snt__sim_sendfile(int out, int in, int64_t offset, size_t size);
ptrdiff_t snt__sim_load(const char *path, char **text);
int snt__sim_append(const char *path, const void *bytes, size_t size);
int snt__sim_file_id(const char *path, struct snt__file_id *id);
int snt__sim_chmod(const char *path, mode_t mode);
int snt__sim_unlink(const char *path);
int64_t snt__sim_now(void);
int64_t snt__sim_wall(void);
int snt__sim_random(void *buffer, size_t size);
void snt__sim_backends(const struct snt__poller_ops **begin,
		       const struct snt__poller_ops **spawn);
bool snt__sim_has_backend(const char *name);
void snt__sim_complain(const char *line, size_t size);
void snt__sim_at_fork(void (*child)(void));
void snt__sim_exit(int status);

/* unix_names.c */
int snt__sim_unix_file_id(const char *path, struct snt__file_id *id);
int snt__sim_unix_chmod(const char *path, mode_t mode);
int snt__sim_unix_unlink(const char *path);

/* jobs.c */
int snt__sim_thread_start(void **thread, void (*fn)(void *arg), void *arg);
void snt__sim_thread_join(void *thread);
int snt__sim_cores(void);
int snt__sim_submit(struct snt__pool *pool, struct snt__job *job);
enum snt__job_fate snt__sim_leave(struct snt__job *job, bool abandon);

/* signals.c */
int snt__sim_signal_catch(int number, int notify_fd);
void snt__sim_signal_release(int number);
int snt__sim_signal_take(int number);
int snt__sim_notifier(void);
void snt__sim_notify(int fd);
void snt__sim_notify_clear(int fd);

#endif
