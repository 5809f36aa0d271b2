/* SPDX-License-Identifier: MIT */
/* All scenarios there are; each in its own file. */
#ifndef TESTS_SWARM_SCENARIOS_H
#define TESTS_SWARM_SCENARIOS_H

#include "scene.h"

extern const struct scenario scenario_echo;
extern const struct scenario scenario_half_close;
extern const struct scenario scenario_storm;
extern const struct scenario scenario_eyeballs;
extern const struct scenario scenario_overload;
extern const struct scenario scenario_restart;
extern const struct scenario scenario_datagrams;
extern const struct scenario scenario_passing;
extern const struct scenario scenario_workers;
extern const struct scenario scenario_selector;
extern const struct scenario scenario_lines;
extern const struct scenario scenario_chat;
extern const struct scenario scenario_relay;
extern const struct scenario scenario_tls;
extern const struct scenario scenario_seq;

#endif
