/* SPDX-License-Identifier: MIT */
/* How much goes: through paths that lose, and beside others. */
#include "network.h"

#include "../runner.h"
#include <stdio.h>

static void report(const char *what, struct network *net, int64_t time)
{
	for (unsigned i = 0; i < 4; i++) {
		struct flow *f = network_flow_at(net, i);
		struct snt__seq_out_info info = { 0 };
		if (f == NULL)
			break;
		if (!f->tcp)
			snt__seq_outbound_info(&f->out, &info);
		FILE *log = fopen("/tmp/out_explore.log", "a");
		fprintf(log,
			"%s flow %u: %.3f MB/s rtt %.1f least %.1f ms window "
			"%zu rate %.3f sent %lu lost %lu again %lu start %d "
			"flight %zu most %u drops %lu\n",
			what, i,
			(f->tcp ? f->tcp_bytes : f->bytes) / 1e6 / (time / 1e9),
			info.rtt / 1e6, info.rtt_least / 1e6, info.window,
			info.rate / 1e6, info.sent, info.lost, info.again,
			f->out.congestion.starting, info.in_flight,
			f->most_under_way, f->link->dropped);
		fclose(log);
	}
}

static size_t bulk_size = 10000;

static void explore(void)
{
	for (unsigned loss = 0; loss <= 400; loss += 100) {
		for (unsigned q = 0; q < 3; q++) {
			struct network *net = network_new(1);
			struct link link = { .rate = 2500000,
					     .queue = (size_t[]){ 12000, 125000,
								  500000 }[q],
					     .delay = 25 * SNT_MILLISECOND,
					     .loss = loss,
					     .back = loss };
			struct snt__seq_out_setup setup = usual_setup();
			struct flow *flow = network_flow(net, &link, &setup);
			char name[64];
			flow->program = program_of_bulk;
			flow->arg = &bulk_size;
			network_run(net, network_now(net) + 20 * SNT_SECOND,
				    NULL);
			snprintf(name, sizeof name, "loss %u queue %zu", loss,
				 link.queue);
			report(name, net, 20 * SNT_SECOND);
			network_free(net);
		}
	}
}

static void explore_share(void)
{
	for (unsigned tcp = 0; tcp <= 1; tcp++)
		for (unsigned q = 0; q < 3; q++) {
			struct network *net = network_new(1);
			struct link link = { .rate = 2500000,
					     .queue = (size_t[]){ 12000, 125000,
								  500000 }[q],
					     .delay = 25 * SNT_MILLISECOND };
			struct snt__seq_out_setup setup = usual_setup();
			struct flow *flow;
			char name[64];
			flow = network_flow(net, &link, &setup);
			flow->program = program_of_bulk;
			flow->arg = &bulk_size;
			network_run(net, network_now(net) + 5 * SNT_SECOND,
				    NULL);
			flow->bytes = 0;
			if (tcp)
				network_tcp(net, &link);
			else {
				flow = network_flow(net, &link, &setup);
				flow->program = program_of_bulk;
				flow->arg = &bulk_size;
			}
			network_run(net, network_now(net) + 30 * SNT_SECOND,
				    NULL);
			snprintf(name, sizeof name, "share %s queue %zu",
				 tcp ? "tcp" : "seq", link.queue);
			report(name, net, 30 * SNT_SECOND);
			network_free(net);
		}
}

static const struct test_case cases[] = {
	TEST_SLOW(explore, 100),
	TEST_SLOW(explore_share, 100),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
