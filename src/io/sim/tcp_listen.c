/* SPDX-License-Identifier: MIT */
/*
 * Listeners, and connections until they are accepted. As on Linux a backlog of
 * n has room for n + 1 finished handshakes: then SYNs are dropped, and what
 * would finish a handshake is ignored, so that the client believes it is
 * connected and tries again. Closed before they are accepted, connections are
 * reset.
 */
#include "io/sim/tcp_parts.h"

/* Unfinished handshakes of one listener; net.ipv4.tcp_max_syn_backlog. */
#define EMBRYOS_MOST 1024

int snt__sim_tcp_listen(struct snt__sim_file *file, int backlog)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	unsigned most = (unsigned)file->host->limits.backlog;
	int code;

	if (tcp->stage != SNT__SIM_IDLE ||
	    !snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_CLOSE) |
					  SNT__SIM_STATE(TCP_LISTEN)))
		return -EINVAL;
	tcp->listening.backlog =
		(unsigned)backlog < most ? (unsigned)backlog : most;
	if (tcp->state == TCP_LISTEN)
		return 0;
	code = snt__sim_port_listen(tcp);
	if (code < 0)
		return code;
	snt__sim_tcp_enter(tcp, TCP_LISTEN);
	file->listening = true;
	return 0;
}

void snt__sim_tcp_listen_end(struct snt__sim_tcp *tcp, bool reset)
{
	struct snt__sim_listening *listening = &tcp->listening;
	struct snt__sim_tcp *child;
	struct snt__link *link;

	snt__list_remove(&listening->in_port);
	while ((link = snt__list_first(&listening->embryos)) != NULL)
		snt__sim_tcp_free(
			SNT__CONTAINER(link, struct snt__sim_tcp, in_listener));
	while ((link = snt__list_first(&listening->queue)) != NULL) {
		child = SNT__CONTAINER(link, struct snt__sim_tcp, in_listener);
		if (reset)
			snt__sim_tcp_abort(child);
		snt__sim_tcp_free(child);
	}
	tcp->file.listening = false;
}

void snt__sim_tcp_unlist(struct snt__sim_tcp *tcp)
{
	if (tcp->listener == NULL)
		return;
	snt__list_remove(&tcp->in_listener);
	if (tcp->embryo)
		tcp->listener->listening.embryo_count--;
	else
		tcp->listener->listening.queued--;
	tcp->listener = NULL;
	tcp->embryo = false;
}

int snt__sim_tcp_accept(struct snt__sim_file *file, struct snt__sim_file **made,
			struct snt_addr *peer)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file), *child;
	struct snt__link *link = snt__list_first(&tcp->listening.queue);

	if (tcp->state != TCP_LISTEN)
		return -EINVAL;
	if (link == NULL)
		return -EAGAIN;
	child = SNT__CONTAINER(link, struct snt__sim_tcp, in_listener);
	snt__sim_tcp_unlist(child);
	child->stage = SNT__SIM_CONNECTED;
	if (peer != NULL)
		snt__sim_addr_of(peer, &child->flow.remote, child->file.family);
	*made = &child->file;
	return 0;
}

/* A socket as the listener is; nothing of its state. */
static void take_after(struct snt__sim_tcp *child,
		       const struct snt__sim_tcp *listener)
{
	child->file.options = listener->file.options;
	child->file.options.error = 0;
	child->options = listener->options;
}

static struct snt__sim_tcp *conceive(struct snt__sim_tcp *listener,
				     const struct snt__sim_packet *packet)
{
	struct snt__sim_tcp *child = snt__sim_tcp_make(listener->file.family);

	child->file.ops = listener->file.ops;
	child->file.host = listener->file.host;
	child->file.family = listener->file.family;
	child->file.type = listener->file.type;
	child->file.protocol = listener->file.protocol;
	child->file.nonblocking = true;
	take_after(child, listener);
	child->flow.local = packet->to;
	child->flow.remote = packet->from;
	child->listener = listener;
	child->embryo = true;
	snt__list_append(&listener->listening.embryos, &child->in_listener);
	listener->listening.embryo_count++;
	return child;
}

static bool is_full(const struct snt__sim_tcp *listener)
{
	bool full = listener->listening.queued > listener->listening.backlog;

	if (full)
		snt__sim_trace(listener->file.host, "tcp backlog full",
			       listener->flow.local.port,
			       listener->listening.queued, "port %u, %u wait",
			       listener->flow.local.port,
			       listener->listening.queued);
	return full;
}

void snt__sim_tcp_knock(struct snt__sim_tcp *listener,
			const struct snt__sim_packet *packet)
{
	struct snt__sim_tcp *child;

	if (is_full(listener) ||
	    listener->listening.embryo_count >= EMBRYOS_MOST)
		return;
	child = conceive(listener, packet);
	snt__sim_flow_add(child->file.host, &child->flow);
	snt__sim_tcp_begin_sending(child);
	snt__sim_tcp_begin_receiving(child, packet);
	snt__sim_tcp_enter(child, TCP_SYN_RECV);
	snt__sim_tcp_send_syn(child);
	snt__sim_tcp_arm(child, true);
}

unsigned snt__sim_tcp_deferred(const struct snt__sim_tcp *tcp)
{
	return tcp->embryo ? (unsigned)tcp->listener->options.defer_accept : 0;
}

bool snt__sim_tcp_hatch(struct snt__sim_tcp *tcp)
{
	struct snt__sim_tcp *listener = tcp->listener;

	if (is_full(listener))
		return false;
	snt__sim_tcp_unlist(tcp);
	take_after(tcp, listener);
	tcp->listener = listener;
	snt__list_append(&listener->listening.queue, &tcp->in_listener);
	listener->listening.queued++;
	tcp->use.ip = tcp->flow.local.ip;
	snt__sim_port_share(tcp->file.host, &tcp->use, &listener->use);
	snt__sim_tcp_stir(listener, SNT__READ);
	return true;
}
