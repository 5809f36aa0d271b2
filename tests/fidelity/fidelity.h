/* SPDX-License-Identifier: MIT */
/*
 * The table of behaviours: what a socket answers, call by call and state by
 * state. A row is a small program on the public API, whose answers are put
 * down as text. They were recorded from the kernel (answers.txt); any other
 * maker of a world has to give the same.
 *
 * A row may be main of a host of its own, whose one interface is a loopback:
 * it uses 127.0.0.0/8, ::1 and Unix sockets, no system call, no thread and no
 * static data, and what its stage holds is closed for it. Only with peers it
 * talks by the addresses that its world has for that. It waits for what it
 * is about; nothing that differs from run to run (ports, times, counts of
 * bytes in flight) is put down.
 */
#ifndef TESTS_FIDELITY_FIDELITY_H
#define TESTS_FIDELITY_FIDELITY_H

#include <sennit.h>
#include <string.h>

struct stage;

/* What a row's peer does as a process of its own: a negative code is a defect
 * of the row's. It waits for ever at its end, so that it can be killed, and
 * returns when a call fails. */
typedef int fidelity_peer(const struct snt_addr *addr);

/* Who runs the rows, and where. */
struct fidelity_world {
	const char *name;
	/* Where a row listens for its peer: literals, with port 0. */
	const char *ipv4, *ipv6;
	/* Starts fn(addr) as another process, which has nothing of the row's;
	 * at most one at a time. */
	int (*peer_start)(fidelity_peer *fn, const struct snt_addr *addr);
	/* Kills it without a warning. Its sockets may outlive this by a moment. */
	void (*peer_kill)(void);
	/* Closes a descriptor that the library handed out. */
	void (*close)(int fd);
};

/* A call made by another fiber. */
struct call {
	ptrdiff_t (*fn)(struct call *call);
	struct snt_socket *socket;
	struct snt_socket *made; /* by an accept */
	struct snt_addr addr;
	ptrdiff_t result;
	char bytes[64];
};

/* One run of one row. The sockets are closed and the fibers ended when the row
 * is over, whichever way. */
struct stage {
	const struct fidelity_world *world;
	const char *folder;       /* for files of Unix sockets; empty */
	struct snt_socket *a, *b; /* the ends of a connection; or any two */
	struct snt_socket *c, *d; /* any others */
	struct snt_socket *server;
	struct snt_addr addr; /* the server's, or what the row is about */
	struct snt_group *group;
	struct call calls[2];
	size_t used;
	char answer[480];
};

struct fidelity_row {
	const char *call;
	const char *state;
	int (*run)(struct stage *s); /* negative: it could not be played */
};

struct fidelity_subject {
	const char *name;
	const struct fidelity_row *rows;
	size_t count;
	bool peers; /* its rows start them */
};

#define FIDELITY_SUBJECT_(subject, rows, peers)                                \
	const struct fidelity_subject fidelity_##subject = {                   \
		#subject, rows, sizeof(rows) / sizeof((rows)[0]), peers        \
	}
#define FIDELITY_SUBJECT(subject, rows) FIDELITY_SUBJECT_(subject, rows, false)
#define FIDELITY_SUBJECT_WITH_PEERS(subject, rows)                             \
	FIDELITY_SUBJECT_(subject, rows, true)

/* All of them, in the order in which they are recorded. */
#define FIDELITY_SUBJECTS(X)                                                   \
	X(stream)                                                              \
	X(send)                                                                \
	X(reset)                                                               \
	X(listen)                                                              \
	X(bind)                                                                \
	X(bind_again)                                                          \
	X(connect)                                                             \
	X(connect_waiting)                                                     \
	X(datagram)                                                            \
	X(datagram_connected)                                                  \
	X(multicast)                                                           \
	X(unix_names)                                                          \
	X(unix_stream)                                                         \
	X(unix_datagram)                                                       \
	X(passing)                                                             \
	X(message)                                                             \
	X(names)                                                               \
	X(options)                                                             \
	X(tcp)                                                                 \
	X(wait)                                                                \
	X(cancel)                                                              \
	X(peer_killed)                                                         \
	X(odd_addresses)                                                       \
	X(control)                                                             \
	X(batch)                                                               \
	X(tcp_again)                                                           \
	X(unix_odd)

#define FIDELITY_DECLARE(subject)                                              \
	extern const struct fidelity_subject fidelity_##subject;
FIDELITY_SUBJECTS(FIDELITY_DECLARE)

/* The kernel, in a network of its own (kernel.c). begin and end go around the
 * rows; only in between may a row be played. */
extern const struct fidelity_world fidelity_kernel;
void fidelity_kernel_begin(void);
void fidelity_kernel_end(void);
/* A row on the kernel: its answer is in the stage. */
int fidelity_kernel_play(const struct fidelity_row *row, struct stage *s);

/* A row as the program of a host in a world of its own (simulated.c); it fails
 * also when that world does. */
struct snt_sim_opts;
int fidelity_simulated_play(const struct fidelity_subject *subject,
			    const struct fidelity_row *row,
			    const struct snt_sim_opts *opts, struct stage *s);

/* Plays a row, and gives back all that its stage holds. */
int fidelity_play(const struct fidelity_row *row, struct stage *s);

/* The answer, clause by clause (say.c). */

/* Adds a clause. */
void say(struct stage *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "what 0", "what 5", "what ECONNRESET"; returns the code. */
ptrdiff_t say_code(struct stage *s, const char *what, ptrdiff_t code);
/* The same; after a failure also how much had been done. */
void say_done(struct stage *s, const char *what, ptrdiff_t code);
/* The code, or the bytes in quotes: n of them. */
void say_bytes(struct stage *s, const char *what, ptrdiff_t n,
	       const void *bytes);
/* snt_recv of a stream: recv "hello", recv EOF, recv ECONNRESET. */
ptrdiff_t say_recv(struct stage *s, struct snt_socket *socket);
/* The same, but EAGAIN where it would wait. */
ptrdiff_t say_recv_now(struct stage *s, struct snt_socket *socket);
/* A datagram: recvfrom "hello", recvfrom "". */
ptrdiff_t say_recvfrom(struct stage *s, struct snt_socket *socket,
		       struct snt_addr *from);
ptrdiff_t say_recvfrom_now(struct stage *s, struct snt_socket *socket);
/* snt_send of a text. */
ptrdiff_t say_send(struct stage *s, struct snt_socket *socket,
		   const char *text);
ptrdiff_t say_sendto(struct stage *s, struct snt_socket *socket,
		     const char *text, const struct snt_addr *addr);
/* The address without its port, which is never 0 where it says "port". */
void say_addr(struct stage *s, const char *what, const struct snt_addr *addr);
void say_sockname(struct stage *s, const struct snt_socket *socket);
void say_peername(struct stage *s, const struct snt_socket *socket);
/* SO_ERROR, which is thereby cleared. */
void say_error(struct stage *s, struct snt_socket *socket);

/* What rows begin with (stage.c). */

/* The address that a literal names; "no address" if it names none. */
struct snt_addr literal(const char *text);
/* A file of the stage's folder; a name that belongs to no file. */
struct snt_addr unix_path(const struct stage *s, const char *name);
struct snt_addr unix_abstract(void);
/* Closes it now. */
void end(struct snt_socket **socket);

/* A socket bound to that text, and its name. */
int bound_to(struct snt_socket **socket, int type, const char *text,
	     struct snt_addr *addr);
/* s->server listens there; s->addr is its name. backlog as snt_listen. */
int listen_on(struct stage *s, const char *text, int backlog);
/* A stream connected to s->addr. */
int connect_to(const struct stage *s, struct snt_socket **socket);
/* s->a connected to s->b, through s->server, which stays. */
int tcp_pair_on(struct stage *s, const char *text);
int tcp_pair(struct stage *s); /* on 127.0.0.1 */
/* The same with small buffers at both ends. */
int small_pair(struct stage *s);
/* s->addr is an address that nobody listens on, held by s->d. */
int nobody_at(struct stage *s, const char *text);
/* Two datagram sockets on that text, the second one's address in s->addr. */
int two_on(struct stage *s, const char *text);

/* Sends until no more is taken; how much was. */
ptrdiff_t stuff(struct snt_socket *socket);
/* Until so many bytes (at most 4096) can be received at once. */
int await_bytes(struct snt_socket *socket, size_t size);
/* Sends single bytes until that fails: with what. */
ptrdiff_t send_until_failure(struct snt_socket *socket);

/* Calls for start(). */
ptrdiff_t do_recv(struct call *call);
ptrdiff_t do_recvfrom(struct call *call);
ptrdiff_t do_sendall(struct call *call); /* of more than any buffer holds */
ptrdiff_t do_accept(struct call *call);
ptrdiff_t do_connect(struct call *call); /* to call->addr */
ptrdiff_t do_wait_readable(struct call *call);
ptrdiff_t do_wait_writable(struct call *call);

/* More than the buffers of a small pair hold. */
#define MUCH ((size_t)1 << 20)

/* s->calls[n] by a fiber of its own, which waits in it when this returns. */
int start(struct stage *s, int n, ptrdiff_t (*fn)(struct call *call),
	  struct snt_socket *socket);
/* Until the fibers have ended; then what a call returned. */
int finish(struct stage *s);

#endif
