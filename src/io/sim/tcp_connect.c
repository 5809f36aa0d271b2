/* SPDX-License-Identifier: MIT */
/*
 * Names, and connections begun from here. What each call answers in each state
 * is Linux's (inet_stream_connect and friends): a failed attempt is told once,
 * by SO_ERROR or the next connect, and the one after that begins anew.
 */
#include "io/sim/tcp_parts.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>

#define MSS_MISSING 536 /* RFC 9293, 3.7.1 */
#define MSS_LEAST 64

/* What comes before a segment's data. */
#define HEADERS_IPV4 40
#define HEADERS_IPV6 60

struct snt__sim_ip snt__sim_tcp_any(int family)
{
	struct snt__sim_ip any = { { 0 } };

	if (family == AF_INET)
		any.bytes[10] = any.bytes[11] = 0xff;
	return any;
}

static bool for_everybody(const struct snt__sim_ip *ip)
{
	return snt__sim_ip_multicast(ip) || snt__sim_udp_to_all(ip);
}

int snt__sim_tcp_bind(struct snt__sim_file *file, const struct snt_addr *addr)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	struct snt__sim_point point;
	int code = snt__sim_point_of(&point, addr, file->family);

	if (code < 0)
		return code;
	if (file->family == AF_INET6 && snt__sim_ip_is4(&point.ip) &&
	    file->options.v6only)
		return -EINVAL;
	if (!snt__sim_ip_is4(&point.ip) && snt__sim_ip_multicast(&point.ip))
		return -EINVAL;
	if (snt__sim_needs_interface(file, addr))
		return -EINVAL;
	if (!for_everybody(&point.ip) &&
	    !snt__sim_ip_mine(file->host, &point.ip))
		return -EADDRNOTAVAIL;
	if (tcp->state != TCP_CLOSE || tcp->use.port != NULL)
		return -EINVAL;
	tcp->flow.local.ip = point.ip;
	code = snt__sim_port_bind(tcp, point.port);
	if (code < 0) {
		tcp->flow.local.ip = snt__sim_tcp_any(file->family);
		return code;
	}
	tcp->own_ip = !snt__sim_ip_any(&point.ip);
	tcp->own_port = point.port != 0;
	return 0;
}

int snt__sim_tcp_getsockname(struct snt__sim_file *file, struct snt_addr *addr)
{
	snt__sim_addr_of(addr, &snt__sim_tcp_of(file)->flow.local,
			 file->family);
	return 0;
}

int snt__sim_tcp_getpeername(struct snt__sim_file *file, struct snt_addr *addr)
{
	const struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);

	if (tcp->flow.remote.port == 0 ||
	    snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_CLOSE) |
					 SNT__SIM_STATE(TCP_SYN_SENT)))
		return -ENOTCONN;
	snt__sim_addr_of(addr, &tcp->flow.remote, file->family);
	return 0;
}

size_t snt__sim_tcp_way_mss(const struct snt__sim_tcp *tcp)
{
	size_t mss = snt__sim_mtu(tcp->file.host, &tcp->flow.remote.ip);
	int own = tcp->options.maxseg;

	mss -= snt__sim_ip_is4(&tcp->flow.remote.ip) ? HEADERS_IPV4
						     : HEADERS_IPV6;
	if (own > 0 && (size_t)own < mss)
		mss = (size_t)own;
	return mss;
}

/* Sequence numbers say in decimal which connection of its host this is, and the
 * first is larger than any of an earlier one: so nothing of a connection is
 * taken for another's, not even after a restart. */
void snt__sim_tcp_begin_sending(struct snt__sim_tcp *tcp)
{
	struct snt__sim_sending *snd = &tcp->snd;

	snt__sim_bytes_end(&snd->bytes);
	*snd = (struct snt__sim_sending){
		.iss = ++tcp->file.host->tcp->connections * SNT__SIM_ROUND,
		.mss = snt__sim_tcp_way_mss(tcp),
		.limit = SNT__SIM_FLIGHT,
	};
	snd->una = snd->iss;
	snd->data = snd->nxt = snd->at = snd->end = snd->iss + 1;
	snd->edge = snd->data;
	tcp->timing.rto = SNT_SECOND;
	tcp->timing.srtt = tcp->timing.rttvar = tcp->timing.min_rtt = 0;
	tcp->timing.tries = tcp->timing.probes = 0;
	tcp->timing.timed = snd->data;
	tcp->timing.timed_at = tcp->timing.waits_since = snt__sim_world->now;
	tcp->timing.sent_at = tcp->timing.received_at = snt__sim_world->now;
	tcp->counts = (struct snt__sim_tcp_counts){ 0 };
}

void snt__sim_tcp_begin_receiving(struct snt__sim_tcp *tcp,
				  const struct snt__sim_packet *packet)
{
	size_t mss = packet->mss > 0 ? packet->mss : MSS_MISSING;

	if (mss < MSS_LEAST)
		mss = MSS_LEAST;
	if (mss < tcp->snd.mss)
		tcp->snd.mss = mss;
	tcp->rcv.irs = packet->sequence;
	tcp->rcv.nxt = tcp->rcv.edge = packet->sequence + 1;
	tcp->snd.window_most = packet->window;
	tcp->timing.heard_at = snt__sim_world->now;
}

/* The near end of a connection to there. */
static int choose_source(struct snt__sim_tcp *tcp, const struct snt__sim_ip *to)
{
	struct snt__sim_host *host = tcp->file.host;
	struct snt__sim_ip *from = &tcp->flow.local.ip, found;
	int code = snt__sim_source(host, to, &found);

	if (code < 0)
		return code;
	if (!tcp->own_ip)
		*from = found;
	else if (snt__sim_ip_is4(from) && !snt__sim_ip_is4(to))
		return -EAFNOSUPPORT;
	else if (!snt__sim_ip_is4(from) && snt__sim_ip_is4(to))
		return -ENETUNREACH;
	else if (snt__sim_ip_loopback(from) && !snt__sim_ip_mine(host, to))
		return -EINVAL;
	return 0;
}

/* To no address in particular is to this host. */
static int choose_target(const struct snt__sim_tcp *tcp,
			 const struct snt_addr *addr, struct snt__sim_point *to)
{
	bool is4;
	int code = snt__sim_point_of(to, addr, tcp->file.family);

	if (code < 0)
		return code;
	is4 = snt__sim_ip_is4(&to->ip);
	if (tcp->file.family == AF_INET6 && is4 && tcp->file.options.v6only)
		return -ENETUNREACH;
	if (for_everybody(&to->ip))
		return -ENETUNREACH;
	if (snt__sim_needs_interface(&tcp->file, addr))
		return -EINVAL;
	if (snt__sim_ip_any(&to->ip)) {
		if (is4)
			to->ip.bytes[12] = 127;
		to->ip.bytes[15] = 1;
	}
	return 0;
}

static int begin(struct snt__sim_tcp *tcp, const struct snt_addr *addr)
{
	struct snt__sim_point to;
	int code = choose_target(tcp, addr, &to);

	if (code == 0)
		code = choose_source(tcp, &to.ip);
	if (code < 0)
		return code;
	tcp->flow.remote = to;
	code = snt__sim_port_connect(tcp);
	if (code < 0) {
		tcp->flow.remote = (struct snt__sim_point){ .port = 0 };
		if (!tcp->own_ip)
			tcp->flow.local.ip = snt__sim_tcp_any(tcp->file.family);
		return code;
	}
	tcp->file.options.error = tcp->soft_error = 0;
	tcp->ended = false;
	snt__sim_tcp_begin_sending(tcp);
	snt__sim_tcp_enter(tcp, TCP_SYN_SENT);
	snt__sim_tcp_send_syn(tcp);
	snt__sim_tcp_arm(tcp, true);
	return 0;
}

/* How an attempt that had begun stands, or went. */
static int outcome(struct snt__sim_tcp *tcp, int unfinished)
{
	int error = tcp->file.options.error;

	if (snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_SYN_SENT) |
					 SNT__SIM_STATE(TCP_SYN_RECV)))
		return unfinished;
	if (tcp->state != TCP_CLOSE) {
		tcp->stage = SNT__SIM_CONNECTED;
		return 0;
	}
	tcp->file.options.error = 0;
	tcp->stage = SNT__SIM_IDLE;
	snt__sim_tcp_abort(tcp);
	return error != 0 ? -error : -ECONNABORTED;
}

int snt__sim_tcp_connect(struct snt__sim_file *file,
			 const struct snt_addr *addr)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	int code;

	if (addr->size < sizeof addr->sa.any.sa_family)
		return -EINVAL;
	if (addr->sa.any.sa_family == AF_UNSPEC) {
		snt__sim_tcp_abort(tcp);
		tcp->stage = SNT__SIM_IDLE;
		/* Whoever waits has nothing to wait for any more. */
		snt__sim_tcp_stir(tcp, SNT__READ | SNT__WRITE | SNT__ODD);
		return 0;
	}
	if (tcp->stage == SNT__SIM_CONNECTED)
		return -EISCONN;
	if (tcp->stage == SNT__SIM_DISCONNECTING)
		return -EINVAL;
	if (tcp->stage == SNT__SIM_CONNECTING)
		return outcome(tcp, -EALREADY);
	if (tcp->state != TCP_CLOSE)
		return -EISCONN;
	code = begin(tcp, addr);
	if (code < 0)
		return code;
	tcp->stage = SNT__SIM_CONNECTING;
	return outcome(tcp, -EINPROGRESS);
}
