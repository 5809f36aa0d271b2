/* SPDX-License-Identifier: MIT */
/* All of sennit. Each part can be included alone. */
#ifndef SENNIT_H
#define SENNIT_H

#include <sennit/addr.h>
#include <sennit/backend.h>
#include <sennit/base.h>
#include <sennit/certificate.h>
#include <sennit/datagram.h>
#include <sennit/fiber.h>
#include <sennit/file.h>
#include <sennit/frame.h>
#include <sennit/inspect.h>
#include <sennit/message.h>
#include <sennit/options.h>
#include <sennit/peer.h>
#include <sennit/resolve.h>
#include <sennit/seq.h>
#include <sennit/signal.h>
#include <sennit/sim.h>
#include <sennit/sim_net.h>
#include <sennit/socket.h>
#include <sennit/stream.h>
#include <sennit/sync.h>
#include <sennit/tcp.h>
#include <sennit/text.h>
#include <sennit/tls.h>
#include <sennit/wait.h>
#include <sennit/workers.h>

#endif
