/* SPDX-License-Identifier: MIT */
#include "seq_stats.h"

#include <inttypes.h>
#include <stdio.h>

#define JSON_ROOM (SNT_ADDR_TEXT + 512)

void seq_stats_add(struct seq_stats *stats, const struct snt_seq *seq)
{
	struct snt_seq_info info;

	if (snt_seq_get_info(seq, &info) < 0)
		return;
	stats->sessions++;
	stats->sent += info.sent;
	stats->received += info.received;
	stats->lost += info.lost;
	stats->queued += info.queued;
	if (info.rtt > stats->rtt)
		stats->rtt = info.rtt;
}

static double milliseconds(int64_t time)
{
	return (double)time / (double)SNT_MILLISECOND;
}

void seq_stats_text(char text[LIVE_TEXT], const struct seq_stats *stats)
{
	double lost = stats->sent > 0 ? 100.0 * (double)stats->lost /
						(double)stats->sent
				      : 0.0;
	char peers[32] = "", queued[32] = "";

	if (stats->sessions != 1)
		snprintf(peers, sizeof peers, "%zu sessions, ",
			 stats->sessions);
	if (stats->queued > 0)
		snprintf(queued, sizeof queued, ", %zu KiB to go",
			 (stats->queued + 1023) / 1024);
	snprintf(text, LIVE_TEXT,
		 "%srtt %.1f ms, lost %.1f %%, sent %" PRIu64
		 ", received %" PRIu64 "%s",
		 peers, milliseconds(stats->rtt), lost, stats->sent,
		 stats->received, queued);
}

/* null where it is not known. */
static void time_text(char *text, size_t size, int64_t time)
{
	if (time == 0)
		snprintf(text, size, "null");
	else
		snprintf(text, size, "%.3f", milliseconds(time));
}

int seq_stats_json(struct output *output, const struct snt_addr *from,
		   const struct snt_seq *seq)
{
	char peer[SNT_ADDR_TEXT], rtt[32], least[32], line[JSON_ROOM];
	struct terminal terminal = { 0 };
	struct snt_seq_info info;
	int length;

	if (snt_seq_get_info(seq, &info) < 0)
		return 0;
	snt_addr_format(from, peer, sizeof peer);
	time_text(rtt, sizeof rtt, info.rtt);
	time_text(least, sizeof least, info.rtt_least);
	length = snprintf(
		line, sizeof line,
		"{\"peer\":\"%s\",\"statistics\":{\"sent\":%" PRIu64
		",\"received\":%" PRIu64 ",\"lost\":%" PRIu64
		",\"duplicates\":%" PRIu64 ",\"retransmitted\":%" PRIu64
		",\"dropped\":%" PRIu64 ",\"rtt_ms\":%s,\"rtt_least_ms\":%s,"
		"\"datagram\":%zu,\"sealed\":%s}}\n",
		peer, info.sent, info.received, info.lost, info.duplicates,
		info.retransmitted, info.dropped, rtt, least, info.datagram,
		info.sealed ? "true" : "false");
	return output_write(output, &terminal, line, (size_t)length);
}
