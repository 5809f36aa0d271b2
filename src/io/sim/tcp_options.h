/* SPDX-License-Identifier: MIT */
/* The options of a TCP socket, and what is told of its connection. */
#ifndef SNT_IO_SIM_TCP_OPTIONS_H
#define SNT_IO_SIM_TCP_OPTIONS_H

#include "io/sim/tcp.h"

/* What a new socket has. */
void snt__sim_tcp_options_init(struct snt__sim_tcp_options *options);
/* Those that are not every socket's; -ENOPROTOOPT. */
int snt__sim_tcp_setsockopt(struct snt__sim_file *file, int level, int name,
			    const void *value, socklen_t size);
int snt__sim_tcp_getsockopt(struct snt__sim_file *file, int level, int name,
			    void *value, socklen_t *size);
/* As TCP_INFO of Linux; how many bytes of it. tcp_info.c */
size_t snt__sim_tcp_info(const struct snt__sim_tcp *tcp, void *value,
			 size_t size);

#endif
