#include "io/sim/calls.h"
#include "io/sim/net.h"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define V(n) void n(struct snt__sim_host *h) {}
V(snt__sim_udp_begin) V(snt__sim_udp_kill) V(snt__sim_udp_end)
V(snt__sim_unix_begin) V(snt__sim_unix_kill) V(snt__sim_unix_end)
#define P(n) void n(struct snt__sim_host *h, const struct snt__sim_packet *p) {}
P(snt__sim_udp_arrive) P(snt__sim_udp_told)
int snt__sim_udp_socket(struct snt__sim_file **made, int family){ return -ENOSYS; }
int snt__sim_unix_socket(struct snt__sim_file **made, int type){ return -ENOSYS; }
int snt__sim_unix_pair(int type, struct snt__sim_file *made[2]){ return -ENOSYS; }
int snt__sim_unix_file_id(const char *path, struct snt__file_id *id){ return -ENOSYS; }
int snt__sim_unix_chmod(const char *path, mode_t mode){ return -ENOSYS; }
int snt__sim_unix_unlink(const char *path){ return -ENOSYS; }
