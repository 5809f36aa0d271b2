/* SPDX-License-Identifier: MIT */
/* The list of them. A seed's scenario is a place in it: add at its end. */
#include "scenarios.h"
#include "swarm.h"

const struct scenario *const scenarios[] = {
	&scenario_echo,      &scenario_half_close, &scenario_storm,
	&scenario_eyeballs,  &scenario_overload,   &scenario_restart,
	&scenario_datagrams, &scenario_passing,    &scenario_workers,
	&scenario_selector,  &scenario_lines,      &scenario_chat,
	&scenario_relay,     &scenario_tls,        &scenario_seq,
};
const size_t scenario_count = COUNT(scenarios);
