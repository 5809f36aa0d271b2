/* SPDX-License-Identifier: MIT */
/*
 * The options that are TCP's own. Those that change nothing in a simulated
 * network (TCP_NODELAY, TCP_CORK, TCP_QUICKACK, fast open ...) are checked as
 * Linux does, kept and given back.
 */
#include "io/sim/tcp_options.h"

#include "io/sim/tcp_parts.h"

#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#define KEEPALIVE_MOST 32767 /* seconds */
#define COUNT_MOST 127
#define MAXSEG_LEAST 88
#define MAXSEG_MOST 32767
#define MAXSEG_BEGIN 536
#define RETRANS_MOST 255
#define RETRANS_PAUSE_MOST 120

#define UNCONNECTED (SNT__SIM_STATE(TCP_CLOSE) | SNT__SIM_STATE(TCP_LISTEN))

struct rule {
	int name;
	int least, most;
	bool is_switch; /* kept as 0 or 1 */
	size_t place;   /* in struct snt__sim_tcp_options */
};

#define PLACE(member) offsetof(struct snt__sim_tcp_options, member)

static const struct rule rules[] = {
	{ TCP_CORK, INT_MIN, INT_MAX, true, PLACE(cork) },
	{ TCP_MAXSEG, 0, MAXSEG_MOST, false, PLACE(maxseg) },
	{ TCP_KEEPIDLE, 1, KEEPALIVE_MOST, false, PLACE(keepidle) },
	{ TCP_KEEPINTVL, 1, KEEPALIVE_MOST, false, PLACE(keepintvl) },
	{ TCP_KEEPCNT, 1, COUNT_MOST, false, PLACE(keepcnt) },
	{ TCP_SYNCNT, 1, COUNT_MOST, false, PLACE(syncnt) },
	{ TCP_LINGER2, INT_MIN, INT_MAX, false, PLACE(linger2) },
	{ TCP_DEFER_ACCEPT, INT_MIN, INT_MAX, false, PLACE(defer_accept) },
	{ TCP_WINDOW_CLAMP, 0, INT_MAX, false, PLACE(window_clamp) },
	{ TCP_QUICKACK, INT_MIN, INT_MAX, true, PLACE(quickack) },
	{ TCP_USER_TIMEOUT, 0, INT_MAX, false, PLACE(user_timeout) },
	{ TCP_FASTOPEN, 0, INT_MAX, false, PLACE(fastopen) },
	{ TCP_FASTOPEN_CONNECT, 0, 1, false, PLACE(fastopen_connect) },
	{ TCP_NOTSENT_LOWAT, INT_MIN, INT_MAX, false, PLACE(notsent_lowat) },
};

void snt__sim_tcp_options_init(struct snt__sim_tcp_options *options)
{
	*options = (struct snt__sim_tcp_options){
		.keepidle = 7200,
		.keepintvl = 75,
		.keepcnt = 9,
		.quickack = 1,
		.congestion = "cubic",
	};
}

static const struct rule *rule_of(int name)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].name == name)
			return &rules[i];
	return NULL;
}

static int *place_of(struct snt__sim_tcp *tcp, const struct rule *rule)
{
	return (int *)(void *)((char *)&tcp->options + rule->place);
}

/* So many SYN-ACKs, the first after a second and each after twice the time, are
 * sent in that many seconds; and how long that is. */
static int retrans_of(int seconds)
{
	int count = 0, pause = 1, sum = 1;

	if (seconds > 0)
		for (count = 1; seconds > sum && count < RETRANS_MOST;
		     count++) {
			pause = pause * 2 < RETRANS_PAUSE_MOST
					? pause * 2
					: RETRANS_PAUSE_MOST;
			sum += pause;
		}
	return count;
}

static int seconds_of(int retrans)
{
	int pause = 1, sum = retrans > 0;

	while (retrans-- > 1) {
		pause = pause * 2 < RETRANS_PAUSE_MOST ? pause * 2
						       : RETRANS_PAUSE_MOST;
		sum += pause;
	}
	return sum;
}

static int set_congestion(struct snt__sim_tcp *tcp, const char *value,
			  socklen_t size)
{
	char name[sizeof tcp->options.congestion] = "";

	if (size < 1)
		return -EINVAL;
	memcpy(name, value, size < sizeof name ? size : sizeof name - 1);
	if (strcmp(name, "cubic") != 0 && strcmp(name, "reno") != 0)
		return -ENOENT;
	memcpy(tcp->options.congestion, name, sizeof name);
	return 0;
}

static int set_number(struct snt__sim_tcp *tcp, const struct rule *rule,
		      int value)
{
	if (value < rule->least || value > rule->most)
		return -EINVAL;
	if (rule->name == TCP_MAXSEG && value > 0 && value < MAXSEG_LEAST)
		return -EINVAL;
	if (rule->name == TCP_FASTOPEN && !snt__sim_tcp_in(tcp, UNCONNECTED))
		return -EINVAL;
	if (rule->name == TCP_FASTOPEN_CONNECT && tcp->state != TCP_CLOSE)
		return -EINVAL;
	if (rule->is_switch)
		value = value != 0;
	if (rule->name == TCP_DEFER_ACCEPT)
		value = retrans_of(value);
	*place_of(tcp, rule) = value;
	if (rule->name == TCP_KEEPIDLE)
		snt__sim_tcp_keepalive(tcp, snt__sim_world->now -
						    tcp->timing.heard_at);
	return 0;
}

static int set_tcp(struct snt__sim_tcp *tcp, int name, const void *value,
		   socklen_t size)
{
	const struct rule *rule = rule_of(name);
	int number;

	if (name == TCP_CONGESTION)
		return set_congestion(tcp, value, size);
	if (size < sizeof number)
		return -EINVAL;
	memcpy(&number, value, sizeof number);
	if (name == TCP_NODELAY)
		tcp->file.options.nodelay = number != 0;
	else if (rule != NULL)
		return set_number(tcp, rule, number);
	else
		return -ENOPROTOOPT;
	return 0;
}

int snt__sim_tcp_setsockopt(struct snt__sim_file *file, int level, int name,
			    const void *value, socklen_t size)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	int number;

	if (level == IPPROTO_TCP)
		return set_tcp(tcp, name, value, size);
	if (level == SOL_SOCKET && name == SO_KEEPALIVE) {
		if (size < sizeof number)
			return -EINVAL;
		memcpy(&number, value, sizeof number);
		file->options.keepalive = number != 0;
		snt__sim_tcp_keepalive(tcp, 0);
		return 0;
	}
	/* Too late once it has a port. */
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY &&
	    tcp->use.port != NULL)
		return -EINVAL;
	return -ENOPROTOOPT;
}

static int give(const void *from, size_t room, void *value, socklen_t *size)
{
	if (*size > room)
		*size = (socklen_t)room;
	memcpy(value, from, *size);
	return 0;
}

static int get_number(struct snt__sim_tcp *tcp, int name, int *number)
{
	const struct rule *rule = rule_of(name);

	if (name == TCP_NODELAY) {
		*number = tcp->file.options.nodelay;
		return 0;
	}
	if (rule == NULL)
		return -ENOPROTOOPT;
	*number = *place_of(tcp, rule);
	if (name == TCP_DEFER_ACCEPT)
		*number = seconds_of(*number);
	if (name == TCP_SYNCNT && *number == 0)
		*number = 6;
	if (name == TCP_LINGER2 && *number == 0)
		*number = 60;
	if (name == TCP_MAXSEG && !snt__sim_tcp_in(tcp, UNCONNECTED))
		*number = (int)tcp->snd.mss;
	else if (name == TCP_MAXSEG && *number == 0)
		*number = MAXSEG_BEGIN;
	return 0;
}

static int get_tcp(struct snt__sim_tcp *tcp, int name, void *value,
		   socklen_t *size)
{
	int number = 0, code;

	if ((int)*size < 0)
		return -EINVAL;
	if (name == TCP_INFO) {
		*size = (socklen_t)snt__sim_tcp_info(tcp, value, *size);
		return 0;
	}
	if (name == TCP_CONGESTION)
		return give(tcp->options.congestion,
			    sizeof tcp->options.congestion, value, size);
	code = get_number(tcp, name, &number);
	return code < 0 ? code : give(&number, sizeof number, value, size);
}

int snt__sim_tcp_getsockopt(struct snt__sim_file *file, int level, int name,
			    void *value, socklen_t *size)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	int error;

	if (level == IPPROTO_TCP)
		return get_tcp(tcp, name, value, size);
	/* What would be told at the end is told to whoever asks before. */
	if (level == SOL_SOCKET && name == SO_ERROR &&
	    file->options.error == 0 && tcp->soft_error != 0) {
		error = tcp->soft_error;
		tcp->soft_error = 0;
		return give(&error, sizeof error, value, size);
	}
	return -ENOPROTOOPT;
}
