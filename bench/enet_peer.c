/* SPDX-License-Identifier: MIT */
/*
 * ENet's side of the question about messages over datagrams: one reliable
 * channel, packets at a steady rate.
 *
 * ENet has no way to tell when it next has to do something, so its loop comes
 * by every millisecond while anything is under way, as games do every frame; it
 * sleeps in poll(2) on its socket, so that what arrives is taken at once and
 * what is due is sent when it is due. ENet copies nothing here that it need
 * not, and flushes once a turn.
 */
#include "delivery.h"

#include <arpa/inet.h>
#include <enet/enet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#define MILLISECOND 1000000
#define PATIENCE 20000

static void wait_until(const ENetHost *host, int64_t at)
{
	struct pollfd polled = { host->socket, POLLIN, 0 };
	int64_t left = at - delivery_now();
	struct timespec limit = { 0, 0 };

	if (left > 0)
		limit = (struct timespec){ left / 1000000000,
					   left % 1000000000 };
	ppoll(&polled, 1, &limit, NULL);
}

static void serve(const struct delivery_opts *opts)
{
	ENetAddress any = { .host = inet_addr(opts->host), .port = 0 };
	ENetHost *host = enet_host_create(&any, 16, 1, 0, 0);
	struct sockaddr_in addr;
	socklen_t size = sizeof addr;
	ENetEvent event;

	if (host == NULL ||
	    getsockname(host->socket, (struct sockaddr *)&addr, &size) < 0)
		delivery_die("enet_host_create");
	printf("%s:%d\n", opts->host, ntohs(addr.sin_port));
	fflush(stdout);
	for (;;) {
		int more = enet_host_service(host, &event, 0);

		if (more < 0)
			delivery_die("enet_host_service");
		if (more == 0) {
			wait_until(host, delivery_now() + MILLISECOND);
			continue;
		}
		if (event.type == ENET_EVENT_TYPE_RECEIVE) {
			delivery_arrived(event.packet->data,
					 event.packet->dataLength);
			enet_packet_destroy(event.packet);
		} else if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
			break;
		}
	}
	/* Its own answer to the goodbye. */
	enet_host_flush(host);
	delivery_tell_arrived();
	enet_host_destroy(host);
}

/* Until that event, or for so many turns of a millisecond. */
static bool await(ENetHost *host, ENetEventType type, int turns)
{
	ENetEvent event;

	for (int i = 0; i < turns; i++) {
		while (enet_host_service(host, &event, 0) > 0) {
			if (event.type == type)
				return true;
			if (event.type == ENET_EVENT_TYPE_DISCONNECT)
				return false;
		}
		wait_until(host, delivery_now() + MILLISECOND);
	}
	return false;
}

static void deliver(const struct delivery_opts *opts)
{
	ENetHost *host = enet_host_create(NULL, 1, 1, 0, 0);
	ENetAddress server = { .host = inet_addr(opts->host),
			       .port = (enet_uint16)opts->port };
	ENetPeer *peer;
	int64_t begin;
	uint64_t number = 0;
	ENetEvent event;

	peer = host == NULL ? NULL : enet_host_connect(host, &server, 1, 0);
	if (peer == NULL || !await(host, ENET_EVENT_TYPE_CONNECT, PATIENCE))
		delivery_die("no connection");
	begin = delivery_now();
	while (number < opts->messages) {
		int64_t now = delivery_now(), at;

		while (number < opts->messages &&
		       (at = delivery_due(opts, begin, number)) <= now) {
			ENetPacket *packet = enet_packet_create(
				delivery_message(opts, begin, number),
				opts->size, ENET_PACKET_FLAG_RELIABLE);

			if (packet == NULL ||
			    enet_peer_send(peer, 0, packet) < 0)
				delivery_die("enet_peer_send");
			number++;
		}
		while (enet_host_service(host, &event, 0) > 0)
			if (event.type == ENET_EVENT_TYPE_DISCONNECT)
				goto done;
		at = delivery_due(opts, begin, number);
		now = delivery_now();
		wait_until(host,
			   at < now + MILLISECOND ? at : now + MILLISECOND);
	}
	enet_peer_disconnect_later(peer, 0);
	await(host, ENET_EVENT_TYPE_DISCONNECT, PATIENCE);
done:
	delivery_tell_sent(number);
	enet_host_destroy(host);
}

int main(int argc, char **argv)
{
	struct delivery_opts opts;

	delivery_parse(&opts, argc, argv);
	if (enet_initialize() != 0)
		delivery_die("enet_initialize");
	if (opts.serve)
		serve(&opts);
	else
		deliver(&opts);
	return 0;
}
