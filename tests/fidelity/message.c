/* SPDX-License-Identifier: MIT */
/* Messages of several buffers, what is told of them, and control data. */
#include "fidelity.h"

#include <sennit/message.h>
#include <sennit/options.h>

static struct iovec part(const char *text)
{
	return (struct iovec){ (char *)text, strlen(text) };
}

static int gather(struct stage *s)
{
	const struct iovec parts[] = { part("one "), part(""), part("two") };
	const struct snt_message message = { .buffers = parts,
					     .buffer_count = 3 };

	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	SNT_TRY(await_bytes(s->b, 7));
	say_recv(s, s->b);
	return 0;
}

static int scatter(struct stage *s)
{
	char first[3], second[16];
	const struct iovec parts[] = { { first, 3 }, { second, 16 } };
	struct snt_message message = { .buffers = parts, .buffer_count = 2 };
	ptrdiff_t n;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "onetwo", 6));
	SNT_TRY(await_bytes(s->b, 6));
	n = say_code(s, "recvmsg", snt_recvmsg(s->b, &message));
	if (n == 6) {
		say_bytes(s, "first", 3, first);
		say_bytes(s, "second", 3, second);
	}
	say(s, "told %#x", (unsigned)message.told);
	return 0;
}

static int no_buffers(struct stage *s)
{
	struct snt_message message = { .flags = 0 };

	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_recv_now(s, s->b);
	return 0;
}

static int stream_end(struct stage *s)
{
	char bytes[4];
	const struct iovec all = { bytes, 4 };
	struct snt_message message = { .buffers = &all, .buffer_count = 1 };

	SNT_TRY(tcp_pair(s));
	end(&s->a);
	say_code(s, "recvmsg", snt_recvmsg(s->b, &message));
	say(s, "told %#x", (unsigned)message.told);
	return 0;
}

static int stream_peek(struct stage *s)
{
	char bytes[8];
	const struct iovec all = { bytes, 8 };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .flags = MSG_PEEK };

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "hello", 5));
	SNT_TRY(await_bytes(s->b, 5));
	say_bytes(s, "recvmsg", snt_recvmsg(s->b, &message), bytes);
	say_recv(s, s->b);
	return 0;
}

static int stream_address(struct stage *s)
{
	const struct iovec all = part("hello");
	struct snt_addr elsewhere = literal("127.0.0.1:9");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .addr = &elsewhere };

	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_recv_now(s, s->b);
	return 0;
}

static int unix_stream_address(struct stage *s)
{
	const struct iovec all = part("hello");
	struct snt_addr elsewhere = unix_abstract();
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .addr = &elsewhere };

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	return 0;
}

/* Receives one datagram of s->b's with so much room; says all that is told. */
static int recv_datagram(struct stage *s, size_t room, int flags)
{
	struct snt_addr from = { .size = 0 };
	char bytes[32];
	const struct iovec all = { bytes, room };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .addr = &from,
				       .flags = flags };

	say_code(s, "recvmsg", snt_recvmsg(s->b, &message));
	say(s, "told %#x", (unsigned)message.told);
	say_addr(s, "from", &from);
	return 0;
}

static int datagram_fits(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	return recv_datagram(s, 32, 0);
}

static int datagram_cut(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	SNT_TRY(snt_sendto(s->a, "next", 4, &s->addr));
	SNT_TRY(recv_datagram(s, 3, 0));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int datagram_length(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_sendto(s->a, "hello", 5, &s->addr));
	SNT_TRY(recv_datagram(s, 3, MSG_TRUNC | MSG_PEEK));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int datagram_gathered(struct stage *s)
{
	const struct iovec parts[] = { part("one "), part("two") };
	const struct snt_message message = { .buffers = parts,
					     .buffer_count = 2,
					     .addr = &s->addr };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_recvfrom(s, s->b, NULL);
	return 0;
}

static int seqpacket_flags(struct stage *s)
{
	const struct iovec all = part("record");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .flags = MSG_EOR };

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_SEQPACKET));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	return recv_datagram(s, 32, 0);
}

static int seqpacket_cut(struct stage *s)
{
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_SEQPACKET));
	SNT_TRY(snt_send(s->a, "record", 6));
	return recv_datagram(s, 3, 0);
}

static int nothing_in_error_queue(struct stage *s)
{
	char byte;
	const struct iovec all = { &byte, 1 };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .flags = MSG_ERRQUEUE };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "recvmsg", snt_recvmsg(s->a, &message));
	return 0;
}

static int urgent(struct stage *s)
{
	const struct iovec all = part("hello");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .flags = MSG_OOB };

	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	return 0;
}

static int more_to_come(struct stage *s)
{
	const struct iovec all = part("first ");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .flags = MSG_MORE };

	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_send(s, s->a, "second");
	SNT_TRY(await_bytes(s->b, 12));
	say_recv(s, s->b);
	return 0;
}

static int more_datagram(struct stage *s)
{
	const struct iovec all = part("first ");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .flags = MSG_MORE };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_recvfrom_now(s, s->b);
	say_send(s, s->a, "second");
	say_recvfrom(s, s->b, NULL);
	return 0;
}

/* Aligned as a header has to be. */
union control {
	struct cmsghdr head;
	char bytes[128];
};

static int packet_info(struct stage *s)
{
	const int on = 1;
	char byte;
	const struct iovec all = { &byte, 1 };
	union control control = { .bytes = "" };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .control = &control,
				       .control_size = sizeof control };
	struct in_pktinfo info;

	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "0.0.0.0:0", &s->addr));
	SNT_TRY(snt_setsockopt(s->b, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	s->addr.sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	SNT_TRY(snt_sendto(s->a, "x", 1, &s->addr));
	say_code(s, "recvmsg", snt_recvmsg(s->b, &message));
	if (message.control_got < CMSG_LEN(sizeof info)) {
		say(s, "nothing told");
		return 0;
	}
	memcpy(&info, CMSG_DATA(&control.head), sizeof info);
	say(s, "%s",
	    control.head.cmsg_level == IPPROTO_IP &&
			    control.head.cmsg_type == IP_PKTINFO
		    ? "IP_PKTINFO"
		    : "something else");
	say(s, "%s",
	    info.ipi_addr.s_addr == s->addr.sa.in.sin_addr.s_addr
		    ? "the address it was sent to"
		    : "another address");
	return 0;
}

static int control_cut(struct stage *s)
{
	const int on = 1;
	char byte;
	const struct iovec all = { &byte, 1 };
	struct snt_message message = { .buffers = &all, .buffer_count = 1 };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_setsockopt(s->b, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
	SNT_TRY(snt_sendto(s->a, "x", 1, &s->addr));
	say_code(s, "recvmsg", snt_recvmsg(s->b, &message));
	say(s, "told %#x", (unsigned)message.told);
	return 0;
}

static int fds_cut(struct stage *s)
{
	char bytes[8];
	const struct iovec all = { bytes, sizeof bytes };
	struct snt_message message = { .buffers = &all, .buffer_count = 1 };
	int fd;

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	fd = snt_fileno(s->a);
	SNT_TRY(snt_send_fds(s->a, "hello", 5, &fd, 1));
	say_bytes(s, "recvmsg", snt_recvmsg(s->b, &message), bytes);
	say(s, "told %#x", (unsigned)message.told);
	return 0;
}

static int all_of_many(struct stage *s)
{
	struct iovec parts[1500];
	const struct snt_message message = { .buffers = parts,
					     .buffer_count = 1500 };

	for (size_t i = 0; i < 1500; i++)
		parts[i] = part("x");
	SNT_TRY(tcp_pair(s));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_code(s, "sendmsg_all", snt_sendmsg_all(s->a, &message));
	SNT_TRY(await_bytes(s->b, 1500));
	say_recv(s, s->b);
	return 0;
}

static int all_on_datagrams(struct stage *s)
{
	const struct iovec all = part("hello");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1 };

	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_code(s, "sendmsg_all", snt_sendmsg_all(s->a, &message));
	return 0;
}

static int after_shutdown(struct stage *s)
{
	const struct iovec all = part("hello");
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1 };

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_code(s, "sendmsg", snt_sendmsg(s->a, &message));
	say_done(s, "sendmsg_all", snt_sendmsg_all(s->a, &message));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "sendmsg", "three buffers, one of them empty", gather },
	{ "recvmsg", "two buffers", scatter },
	{ "sendmsg", "no buffers", no_buffers },
	{ "recvmsg", "stream, peer closed", stream_end },
	{ "recvmsg MSG_PEEK", "stream, bytes are there", stream_peek },
	{ "sendmsg", "stream, with an address", stream_address },
	{ "sendmsg", "Unix stream, with an address", unix_stream_address },
	{ "recvmsg", "datagram", datagram_fits },
	{ "recvmsg", "less room than the datagram", datagram_cut },
	{ "recvmsg MSG_PEEK MSG_TRUNC", "less room than the datagram",
	  datagram_length },
	{ "sendmsg", "datagram of two buffers", datagram_gathered },
	{ "sendmsg MSG_EOR", "seqpacket", seqpacket_flags },
	{ "recvmsg", "less room than the record", seqpacket_cut },
	{ "recvmsg MSG_ERRQUEUE", "no error", nothing_in_error_queue },
	{ "sendmsg MSG_OOB", "connected", urgent },
	{ "sendmsg MSG_MORE", "stream", more_to_come },
	{ "sendmsg MSG_MORE", "datagrams, connected", more_datagram },
	{ "recvmsg", "datagram, IP_PKTINFO", packet_info },
	{ "recvmsg", "datagram, no room for control data", control_cut },
	{ "recvmsg", "no room for descriptors that come", fds_cut },
	{ "sendmsg_all", "more buffers than the kernel takes at once",
	  all_of_many },
	{ "sendmsg_all", "datagrams", all_on_datagrams },
	{ "sendmsg", "shut down for writing", after_shutdown },
};

FIDELITY_SUBJECT(message, rows);
