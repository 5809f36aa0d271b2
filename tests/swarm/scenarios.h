/* SPDX-License-Identifier: MIT */
/* All scenarios there are; each in its own file. */
#ifndef TESTS_SWARM_SCENARIOS_H
#define TESTS_SWARM_SCENARIOS_H

#include "scene.h"

extern const struct scenario scenario_echo;
extern const struct scenario scenario_half_close;
extern const struct scenario scenario_storm;

#endif
