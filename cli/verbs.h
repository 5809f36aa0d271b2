/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "options.h"

/* Each returns the tool's exit status. */
int echo_run(const struct options *options);
int connect_run(const struct options *options);
int listen_run(const struct options *options);
int inspect_run(const struct options *options);
int interfaces_run(const struct options *options);

#endif
