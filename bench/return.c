/* SPDX-License-Identifier: MIT */
/*
 * What returning from a function costs right after a system call.
 *
 * Where the kernel protects its own returns ("Safe RET" on AMD), it leaves
 * the processor's return predictor full of kernel addresses. Each later `ret`
 * of the program is guessed from there, and the first such guess stalls it:
 * 50 ns after getppid, several hundred after a send. Calls made after the
 * system call put harmless addresses on top of those. Measured here, each for
 * a chain of 1, 3 and 5 functions that return:
 *   plain   nothing done about it
 *   8 calls eight empty calls right after the system call
 * On machines without the effect both lines are alike. x86-64 only.
 */
#include <stdio.h>

#ifdef __x86_64__
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 9
#define CALLS 20000
#define LINK __attribute__((noinline))
#define KEEP(value) __asm__ volatile("" : "+r"(value))

/* number, a, b, c as a function's arguments become the system call's. */
#define SYSTEM_CALL                                                            \
	"mov %rdi, %rax; mov %rsi, %rdi; mov %rdx, %rsi;"                      \
	"mov %rcx, %rdx; xor %r10d, %r10d; xor %r8d, %r8d;"                    \
	"xor %r9d, %r9d; syscall;"

typedef long chain(long number, long a, long b, long c);

chain plain_1, calls_1; /* in the assembly below */
__asm__(".text\n plain_1:" SYSTEM_CALL "ret\n"
	"calls_1:" SYSTEM_CALL
	".rept 8; call 1f; int3; 1: ; .endr; add $64, %rsp; ret\n");

#define CHAIN(name, inner)                                                     \
	static LINK long name(long number, long a, long b, long c)             \
	{                                                                      \
		long result = inner(number, a, b, c);                          \
                                                                               \
		KEEP(result);                                                  \
		return result;                                                 \
	}

CHAIN(plain_2, plain_1)
CHAIN(plain_3, plain_2)
CHAIN(plain_4, plain_3)
CHAIN(plain_5, plain_4)
CHAIN(calls_2, calls_1)
CHAIN(calls_3, calls_2)
CHAIN(calls_4, calls_3)
CHAIN(calls_5, calls_4)

static int ends[2];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Best of a few rounds: a trivial call, or 64 bytes there and back. */
static double measure(chain *call, int echo)
{
	static char bytes[64];
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double from = now();

		for (int i = 0; i < CALLS; i++) {
			if (echo) {
				call(SYS_write, ends[1], (long)bytes, 64);
				call(SYS_read, ends[0], (long)bytes, 64);
			} else {
				call(SYS_getppid, 0, 0, 0);
			}
		}
		from = (now() - from) / CALLS;
		best = from < best ? from : best;
	}
	return best;
}

static int connect_ends(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t size = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&addr, size) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&addr, &size) < 0)
		return -1;
	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (ends[1] < 0 || connect(ends[1], (struct sockaddr *)&addr, size) < 0)
		return -1;
	ends[0] = accept(listener, NULL, NULL);
	close(listener);
	return ends[0] < 0 ? -1 : 0;
}

int main(void)
{
	static const struct {
		const char *name;
		chain *call;
	} ways[] = {
		{ "plain_1", plain_1 }, { "plain_3", plain_3 },
		{ "plain_5", plain_5 }, { "calls_1", calls_1 },
		{ "calls_3", calls_3 }, { "calls_5", calls_5 },
	};
	size_t count = sizeof(ways) / sizeof(*ways);

	if (connect_ends() < 0) {
		perror("return");
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		printf("%s\"%s\": {\"getppid_ns\": %.0f, \"echo_ns\": %.0f}%s",
		       i ? " " : "{", ways[i].name, measure(ways[i].call, 0),
		       measure(ways[i].call, 1), i + 1 < count ? ",\n" : "}\n");
	return 0;
}
#else
int main(void)
{
	puts("{}");
	return 0;
}
#endif
