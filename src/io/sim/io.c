/* SPDX-License-Identifier: MIT */
/*
 * The table of a simulated world: each call looks at what has come meanwhile,
 * may be made to fail, finds its file, does what the file's kind says, and
 * leaves a line in the trace. Calls on sockets stand here; the world's other
 * calls in world_io.c.
 */
#include "io/sim/calls.h"

#include "io/sim/fail.h"
#include "io/sim/links.h"

#include <string.h>

/* As people want it: an error by its name, a new descriptor by its number on
 * the host. */
static const char *result_text(ptrdiff_t result, char text[24])
{
	if (result < 0)
		return snt_strerror((int)result);
	snprintf(text, 24, "%td",
		 result < SNT__SIM_FD
			 ? result
			 : (ptrdiff_t)snt__sim_fd_index((int)result));
	return text;
}

ptrdiff_t snt__sim_traced(const char *call, int fd, ptrdiff_t result)
{
	struct snt__sim_world *world = snt__sim_world;
	const struct snt__sim_thread *thread = world->thread;
	const char *fiber;
	uint64_t number = world->driver->fiber(&fiber);
	char text[24];

	snt__sim_trace(thread->host, call,
		       (int64_t)((uint64_t)thread->number << 48 | number << 24 |
				 (uint32_t)snt__sim_fd_index(fd)),
		       result, "%s %u.%llu fd %d: %s", fiber, thread->number,
		       (unsigned long long)number, snt__sim_fd_index(fd),
		       world->trace != NULL ? result_text(result, text) : "");
	return result;
}

int snt__sim_begin(const char *call)
{
	struct snt__sim_host *host = snt__sim_host_now();

	snt__sim_settle();
	return snt__sim_fails(host, call);
}

int snt__sim_begin_fd(const char *call, int fd, struct snt__sim_file **file)
{
	struct snt__sim_host *host = snt__sim_host_now();
	int code = snt__sim_begin(call);

	if (code < 0)
		return code;
	/* A descriptor of the process itself. */
	if (fd > 2 && fd < SNT__SIM_FD) {
		snt__sim_escape(call);
		return -EBADF;
	}
	*file = snt__sim_fd_file(fd);
	if (*file == NULL)
		return -EBADF;
	return host->dying && (*file)->family != AF_UNSPEC ? -ENETDOWN : 0;
}

static int place(struct snt__sim_file *file)
{
	int fd = snt__sim_fd_place(file);

	if (fd < 0) {
		/* As if the one reference to it had gone. */
		file->refs = 1;
		snt__sim_file_drop(file);
	}
	return fd;
}

static int sim_socket(int family, int type, int protocol)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin("socket");

	if (code == 0 && snt__sim_host_now()->dying)
		code = -ENETDOWN;
	if (code == 0)
		code = snt__sim_make(&file, family, type, protocol);
	if (code == 0)
		code = place(file);
	return (int)snt__sim_traced("socket", family << 8 | type, code);
}

static int sim_socketpair(int type, int fds[2])
{
	struct snt__sim_file *made[2];
	int code = snt__sim_begin("socketpair"), first, second;

	if (code == 0)
		code = snt__sim_host_now()->dying
			       ? -ENETDOWN
			       : snt__sim_make_pair(made, type);
	if (code != 0)
		return (int)snt__sim_traced("pair", type, code);
	first = place(made[0]);
	second = place(made[1]);
	if (first < 0 || second < 0) {
		if (first >= 0)
			snt__sim_fd_close(first);
		if (second >= 0)
			snt__sim_fd_close(second);
		return (int)snt__sim_traced("pair", type, -EMFILE);
	}
	fds[0] = first;
	fds[1] = second;
	return (int)snt__sim_traced("pair", first, 0);
}

static int sim_dup(int fd)
{
	struct snt__sim_file *file = NULL;
	int code = snt__sim_begin_fd("dup", fd, &file);

	/* None: it was made to fail. */
	if (file != NULL && (code == 0 || code == -ENETDOWN))
		code = snt__sim_fd_place(file);
	return (int)snt__sim_traced("dup", fd, code);
}

static int sim_describe(int fd, struct snt__descriptor *descriptor)
{
	struct snt__sim_file *file = NULL;
	int code = snt__sim_begin_fd("describe", fd, &file);

	if (file == NULL || (code < 0 && code != -ENETDOWN))
		return code;
	*descriptor = (struct snt__descriptor){
		.family = file->family,
		.type = file->type,
		.protocol = file->protocol,
		.listening = file->listening,
		.nonblocking = file->nonblocking,
	};
	return 0;
}

static int sim_set_nonblocking(int fd, bool on)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("set_nonblocking", fd, &file);

	if (code == 0)
		file->nonblocking = on;
	return code;
}

/* The operation of that name, or what one has for an answer that has none. */
#define OPERATE(file, operation, without, ...)                                 \
	((file)->ops->operation != NULL ? (file)->ops->operation(__VA_ARGS__)  \
	 : (file)->family == AF_UNSPEC  ? -ENOTSOCK                            \
					: (without))

static int sim_bind(int fd, const struct snt_addr *addr)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("bind", fd, &file);

	if (code == 0)
		code = OPERATE(file, bind, -EOPNOTSUPP, file, addr);
	return (int)snt__sim_traced("bind", fd, code);
}

static int sim_listen(int fd, int backlog)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("listen", fd, &file);

	if (code == 0)
		code = OPERATE(file, listen, -EOPNOTSUPP, file, backlog);
	if (code == 0)
		file->listening = true;
	return (int)snt__sim_traced("listen", fd, code);
}

static int sim_getsockname(int fd, struct snt_addr *addr)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("getsockname", fd, &file);

	return code < 0 ? code
			: OPERATE(file, getsockname, -EOPNOTSUPP, file, addr);
}

static int sim_getpeername(int fd, struct snt_addr *addr)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("getpeername", fd, &file);

	return code < 0 ? code
			: OPERATE(file, getpeername, -EOPNOTSUPP, file, addr);
}

static int sim_setsockopt(int fd, int level, int name, const void *value,
			  socklen_t size)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("setsockopt", fd, &file);

	if (code == 0)
		code = file->family == AF_UNSPEC
			       ? -ENOTSOCK
			       : snt__sim_setsockopt(file, level, name, value,
						     size);
	return (int)snt__sim_traced("setsockopt", fd, code);
}

static int sim_getsockopt(int fd, int level, int name, void *value,
			  socklen_t *size)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("getsockopt", fd, &file);

	if (code < 0)
		return code;
	return file->family == AF_UNSPEC
		       ? -ENOTSOCK
		       : snt__sim_getsockopt(file, level, name, value, size);
}

static int sim_accept(int fd, struct snt_addr *peer)
{
	struct snt__sim_file *file, *made;
	int code = snt__sim_begin_fd("accept", fd, &file);

	/* That of a network gone for a moment would be worth another try. */
	if (code == -ENETDOWN)
		code = -EINVAL;
	/* As on a kernel, the descriptor comes first. */
	if (code == 0 && file->ops->accept != NULL &&
	    file->host->file_count + 3 >=
		    (size_t)file->host->limits.descriptors)
		code = -EMFILE;
	if (code == 0)
		code = OPERATE(file, accept, -EOPNOTSUPP, file, &made, peer);
	if (code == 0)
		code = place(made);
	return (int)snt__sim_traced("accept", fd, code);
}

static int sim_connect(int fd, const struct snt_addr *addr)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("connect", fd, &file);

	if (code == 0)
		code = OPERATE(file, connect, -EOPNOTSUPP, file, addr);
	return (int)snt__sim_traced("connect", fd, code);
}

static ptrdiff_t do_send(const char *call, int fd, const struct msghdr *message,
			 int flags)
{
	struct snt__sim_file *file;
	ptrdiff_t n = snt__sim_begin_fd(call, fd, &file);

	if (n == 0)
		n = OPERATE(file, send, -EOPNOTSUPP, file, message, flags);
	return snt__sim_traced(call, fd, n);
}

static ptrdiff_t do_recv(const char *call, int fd, struct msghdr *message,
			 int flags)
{
	struct snt__sim_file *file;
	ptrdiff_t n = snt__sim_begin_fd(call, fd, &file);

	if (n == 0)
		n = OPERATE(file, recv, -EOPNOTSUPP, file, message, flags);
	return snt__sim_traced(call, fd, n);
}

static ptrdiff_t sim_send(int fd, const void *buffer, size_t size, int flags)
{
	struct iovec all = { (void *)buffer, size };
	struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };

	return do_send("send", fd, &message, flags);
}

static ptrdiff_t sim_recv(int fd, void *buffer, size_t size, int flags)
{
	struct iovec all = { buffer, size };
	struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };

	return do_recv("recv", fd, &message, flags);
}

static ptrdiff_t sim_sendto(int fd, const void *buffer, size_t size, int flags,
			    const struct snt_addr *addr)
{
	struct iovec all = { (void *)buffer, size };
	struct msghdr message = { .msg_iov = &all,
				  .msg_iovlen = 1,
				  .msg_name = (void *)&addr->sa,
				  .msg_namelen = addr->size };

	return do_send("sendto", fd, &message, flags);
}

static ptrdiff_t sim_recvfrom(int fd, void *buffer, size_t size, int flags,
			      struct snt_addr *from)
{
	struct iovec all = { buffer, size };
	struct msghdr message = { .msg_iov = &all,
				  .msg_iovlen = 1,
				  .msg_name = &from->sa,
				  .msg_namelen = sizeof from->sa };
	ptrdiff_t n = do_recv("recvfrom", fd, &message, flags);

	from->size = message.msg_namelen;
	return n;
}

static ptrdiff_t sim_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return do_send("sendmsg", fd, message, flags);
}

static ptrdiff_t sim_recvmsg(int fd, struct msghdr *message, int flags)
{
	return do_recv("recvmsg", fd, message, flags);
}

/* One by one; each is a call of its own that can fail. */
static int sim_sendmmsg(int fd, struct mmsghdr *messages, unsigned count,
			int flags)
{
	for (unsigned i = 0; i < count; i++) {
		ptrdiff_t n =
			do_send("sendmmsg", fd, &messages[i].msg_hdr, flags);

		if (n < 0)
			return i > 0 ? (int)i : (int)n;
		messages[i].msg_len = (unsigned)n;
	}
	return (int)count;
}

/* An error that has been told here would else be told to nobody. */
static void put_back(int fd, int code)
{
	struct snt__sim_file *file = snt__sim_fd_file(fd);

	if (code == -EAGAIN || file == NULL)
		return;
	file->options.error = -code;
	snt__sim_file_stir(file, SNT__READ | SNT__ODD);
}

static int sim_recvmmsg(int fd, struct mmsghdr *messages, unsigned count,
			int flags)
{
	for (unsigned i = 0; i < count; i++) {
		ptrdiff_t n =
			do_recv("recvmmsg", fd, &messages[i].msg_hdr, flags);

		if (n < 0 && i == 0)
			return (int)n;
		if (n < 0) {
			put_back(fd, (int)n);
			return (int)i;
		}
		messages[i].msg_len = (unsigned)n;
	}
	return (int)count;
}

static int sim_look(int fd, unsigned directions)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("look", fd, &file);

	if (code < 0)
		return code == -ENETDOWN ? (int)directions : code;
	return (int)(file->ops->ready(file) & directions);
}

/* Nothing is read at once, unlike received. */
static ptrdiff_t sim_read(int fd, void *buffer, size_t size)
{
	struct iovec all = { buffer, size };
	struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };
	struct snt__sim_file *file;

	if (size == 0)
		return snt__sim_traced("read", fd,
				       snt__sim_begin_fd("read", fd, &file));
	return do_recv("read", fd, &message, 0);
}

static ptrdiff_t sim_write(int fd, const void *buffer, size_t size)
{
	struct iovec all = { (void *)buffer, size };
	struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };

	return do_send("write", fd, &message, 0);
}

static int sim_shutdown(int fd, int how)
{
	struct snt__sim_file *file;
	int code = snt__sim_begin_fd("shutdown", fd, &file);

	if (code == 0)
		code = OPERATE(file, shutdown, -EOPNOTSUPP, file, how);
	return (int)snt__sim_traced("shutdown", fd, code);
}

static int sim_close(int fd)
{
	snt__sim_settle();
	if (fd > 2 && fd < SNT__SIM_FD)
		snt__sim_escape("close");
	return (int)snt__sim_traced("close", fd, snt__sim_fd_close(fd));
}

const struct snt__io snt__sim_io = {
	.name = "sim",
	.simulated = true,
	.socket = sim_socket,
	.socketpair = sim_socketpair,
	.dup = sim_dup,
	.describe = sim_describe,
	.set_nonblocking = sim_set_nonblocking,
	.bind = sim_bind,
	.listen = sim_listen,
	.getsockname = sim_getsockname,
	.getpeername = sim_getpeername,
	.setsockopt = sim_setsockopt,
	.getsockopt = sim_getsockopt,
	.accept = sim_accept,
	.connect = sim_connect,
	.recv = sim_recv,
	.send = sim_send,
	.recvfrom = sim_recvfrom,
	.sendto = sim_sendto,
	.sendmsg = sim_sendmsg,
	.recvmsg = sim_recvmsg,
	.sendmmsg = sim_sendmmsg,
	.recvmmsg = sim_recvmmsg,
	.look = sim_look,
	.read = sim_read,
	.write = sim_write,
	.pread = snt__sim_pread,
	.seek = snt__sim_seek,
	.sendfile = snt__sim_sendfile,
	.shutdown = sim_shutdown,
	.close = sim_close,
	.load = snt__sim_load,
	.append = snt__sim_append,
	.file_id = snt__sim_file_id,
	.chmod = snt__sim_chmod,
	.unlink = snt__sim_unlink,
	.now = snt__sim_now,
	.wall = snt__sim_wall,
	.random = snt__sim_random,
	.if_nametoindex = snt__sim_if_nametoindex,
	.if_indextoname = snt__sim_if_indextoname,
	.if_nameindex = snt__sim_if_nameindex,
	.getaddrinfo = snt__sim_getaddrinfo,
	.getnameinfo = snt__sim_getnameinfo,
	.backends = snt__sim_backends,
	.has_backend = snt__sim_has_backend,
	.thread_start = snt__sim_thread_start,
	.thread_join = snt__sim_thread_join,
	.cores = snt__sim_cores,
	.submit = snt__sim_submit,
	.leave = snt__sim_leave,
	.signal_catch = snt__sim_signal_catch,
	.signal_release = snt__sim_signal_release,
	.signal_take = snt__sim_signal_take,
	.notifier = snt__sim_notifier,
	.notify = snt__sim_notify,
	.notify_clear = snt__sim_notify_clear,
	.complain = snt__sim_complain,
	.at_fork = snt__sim_at_fork,
	.exit = snt__sim_exit,
};
