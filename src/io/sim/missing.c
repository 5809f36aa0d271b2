#include "io/sim/calls.h"
#include "io/sim/net.h"
#include "io/sim/names.h"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define V(n)                                                                   \
	void n(struct snt__sim_host *h)                                        \
	{                                                                      \
	}
V(snt__sim_tcp_begin)
V(snt__sim_tcp_kill)
V(snt__sim_tcp_end)
     
	V(snt__sim_jobs_begin) V(snt__sim_jobs_end) V(snt__sim_signals_begin)
		V(snt__sim_signals_end) V(snt__sim_console_begin)
			V(snt__sim_console_end) bool snt__sim_signals_deliver(
				struct snt__sim_host *h, int n)
{
	return false;
}
#define P(n)                                                                   \
	void n(struct snt__sim_host *h, const struct snt__sim_packet *p)       \
	{                                                                      \
	}
P(snt__sim_tcp_arrive)

P(snt__sim_tcp_told)
 int snt__sim_tcp_socket(struct snt__sim_file **made,
					     int family)
{
	return -ENOSYS;
}
int snt__sim_setsockopt(struct snt__sim_file *file, int level, int name,
			const void *value, socklen_t size)
{
	return -ENOSYS;
}
int snt__sim_getsockopt(struct snt__sim_file *file, int level, int name,
			void *value, socklen_t *size)
{
	return -ENOSYS;
}
int snt__sim_if_nametoindex(const char *name)
{
	return -ENOSYS;
}
int snt__sim_if_indextoname(unsigned index, char name[16])
{
	return -ENOSYS;
}
int snt__sim_if_nameindex(struct snt_interface *interfaces, size_t capacity)
{
	return -ENOSYS;
}
int snt__sim_getaddrinfo(const struct snt__lookup *lookup,
			 struct snt_addr *addrs, size_t capacity,
			 const char **reason)
{
	return -ENOSYS;
}
int snt__sim_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
			 const struct snt_getnameinfo_opts *opts,
			 const char **reason)
{
	return -ENOSYS;
}
int snt__sim_thread_start(void **thread, void (*fn)(void *arg), void *arg)
{
	return -ENOSYS;
}
void snt__sim_thread_join(void *thread)
{
}
int snt__sim_cores(void)
{
	return 2;
}
int snt__sim_submit(struct snt__pool *pool, struct snt__job *job)
{
	return -ENOSYS;
}
enum snt__job_fate snt__sim_leave(struct snt__job *job, bool abandon)
{
	return 0;
}
int snt__sim_signal_catch(int number, int notify_fd)
{
	return -ENOSYS;
}
void snt__sim_signal_release(int number)
{
}
int snt__sim_signal_take(int number)
{
	return -ENOSYS;
}
int snt__sim_names_set(const char *name, const char *addrs)
{
	return 0;
}
static unsigned nready(const struct snt__sim_file *f)
{
	return 0;
}
static void nclose(struct snt__sim_file *f)
{
	snt__sim_free(f);
}
static const struct snt__sim_file_ops nops = { .kind = "notifier",
					       .ready = nready,
					       .close = nclose };
int snt__sim_notifier(void)
{
	struct snt__sim_file *f = snt__sim_alloc(sizeof *f);
	snt__sim_file_init(f, &nops, 0, 0, 0);
	return snt__sim_fd_place(f);
}
void snt__sim_notify(int fd)
{
	struct snt__sim_file *f = snt__sim_fd_anywhere(fd);
	if (f)
		snt__sim_file_stir(f, 1);
}
void snt__sim_notify_clear(int fd)
{
}
void snt__sim_names_begin(struct snt__sim_world *w)
{
}
void snt__sim_names_end(struct snt__sim_world *w)
{
}
