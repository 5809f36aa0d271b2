/* SPDX-License-Identifier: MIT */
/* The verbs and what --help tells of each. */
#include "verbs.h"

#include "help.h"

const struct verb verbs[] = {
	{
		.name = "echo",
		.bit = VERB_ECHO,
		.arguments = "[ADDR...]",
		.summary = "serve: send back whatever comes",
		.about =
			"Sends every byte, datagram and message back to whom "
			"it "
			"came from. Without ADDR\n"
			"it listens on localhost:7000. Once all addresses are "
			"bound, each is printed\n"
			"on stdout as `listening on ADDR`, with the real port "
			"where 0 was given.\n"
			"On a terminal it adds what to type in another one.\n\n"
			"On SIGINT or SIGTERM it accepts no more, lets open "
			"connections go on for\n"
			"--grace, cuts what is left and exits with 0. A "
			"second signal ends it at once.\n"
			"With --workers, Unix sockets and fd: are served by "
			"the first worker alone.\n\n"
			"With tls:// and no --cert it makes a certificate "
			"for this run and tells on\n"
			"stderr how a client can trust it.\n",
		.examples =
			"  sennit echo\n"
			"  sennit echo :7000 udp://:7000 unix:/tmp/echo.sock\n"
			"  sennit echo --workers 4 --grace 30s 0.0.0.0:7000\n"
			"  sennit echo tls://localhost:7000\n"
			"  sennit echo --cert chain.pem --key key.pem "
			"tls://:7000\n"
			"  sennit echo seq://localhost:7000\n"
			"  openssl rand -hex 32 >key; sennit echo --key key "
			"seq://:7000\n",
		.addresses_min = 0,
		.addresses_max = SIZE_MAX,
		.run = echo_run,
	},
	{
		.name = "connect",
		.bit = VERB_CONNECT,
		.arguments = "ADDR",
		.summary = "stdin to ADDR, and what comes back to stdout",
		.about =
			"Connects, sends stdin, and writes what comes back to "
			"stdout. At stdin's end\n"
			"it ends its own direction only, and exits when the "
			"other side has ended its.\n"
			"If the other side ends first, a stdin that is no "
			"terminal is still sent while\n"
			"it gives bytes; after a second without any, or at "
			"once on a terminal, it\n"
			"exits.\n\n"
			"With udp://, each read of stdin (a line, on a "
			"terminal; 16 KiB at most) is a\n"
			"datagram. Nobody tells when the last answer has "
			"come: it exits after stdin's\n"
			"end and then a second of silence, or --timeout of "
			"it. With --timeout, no\n"
			"answer at all is a failure (5).\n\n"
			"With mcast://, and with udp:// and --broadcast, they "
			"go to everybody who hears,\n"
			"and whoever answers is shown, on a terminal with the "
			"address before each line.\n\n"
			"With seq://, each line is a message, in order and "
			"none "
			"lost, unless --channel\n"
			"asks for less. It ends as tcp does; 0 says that all "
			"was "
			"acknowledged. Beyond\n"
			"loopback it needs --key. A terminal shows round trip "
			"time and losses meanwhile.\n\n"
			"With tls://, the server has to show a certificate for "
			"the host in ADDR, from\n"
			"an authority that the system or --cafile trusts; "
			"else nothing is sent (9).\n",
		.examples =
			"  sennit connect localhost:7000\n"
			"  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sennit "
			"connect example.org:80\n"
			"  sennit connect --timeout 2s [::1]:7000 <file "
			">answer\n"
			"  echo hello | sennit connect udp://localhost:7000\n"
			"  echo who | sennit connect --timeout 2s "
			"mcast://239.1.2.3:7000%eth0\n"
			"  sennit connect tls://example.org:443\n"
			"  sennit connect seq://localhost:7000\n"
			"  sennit connect --key key seq://example.org:7000 "
			"<file\n",
		.addresses_min = 1,
		.addresses_max = 1,
		.run = connect_run,
	},
	{
		.name = "listen",
		.bit = VERB_LISTEN,
		.arguments = "ADDR",
		.summary = "what comes in on ADDR to stdout",
		.about =
			"Waits for one connection, writes what it sends to "
			"stdout, and exits when it\n"
			"has ended. `listening on ADDR` appears on stderr, "
			"with the real port where 0\n"
			"was given. Nothing is sent: stdin is not read. With "
			"--keep it serves many\n"
			"connections at a time, their bytes mingled as they "
			"come, until a signal.\n\n"
			"With udp:// and mcast:// it writes every datagram's "
			"bytes, whoever sent it,\n"
			"until a signal or --timeout of silence (0 if anything "
			"came, else 5). A terminal\n"
			"gets the sender's address before each line, and what "
			"is typed there goes to who\n"
			"spoke last; --label and --reply are the same for "
			"pipes "
			"and files.\n\n"
			"With seq:// it is the same with the messages of "
			"sessions; who has begun one\n"
			"can be spoken to before it was heard. Beyond loopback "
			"it needs --key.\n\n"
			"With tls:// and no --cert it makes a certificate for "
			"this run and tells on\n"
			"stderr how a client can trust it.\n",
		.examples =
			"  sennit listen :7000 >file\n"
			"  sennit listen --timeout 10s localhost:0\n"
			"  sennit listen --keep unix:/tmp/log.sock >>log\n"
			"  sennit listen tls://localhost:7000 >file\n"
			"  sennit listen udp://:7000\n"
			"  sennit listen --json mcast://239.1.2.3:7000%eth0 "
			"| jq .peer\n"
			"  sennit listen --label seq://localhost:7000\n"
			"  sennit listen --key key seq://:7000 >file\n",
		.addresses_min = 1,
		.addresses_max = 1,
		.run = listen_run,
	},
	{
		.name = "tls inspect",
		.bit = VERB_INSPECT,
		.arguments = "ADDR",
		.summary = "what a TLS server shows, and what would fail",
		.about = "Connects a few times and tells what the server at "
			 "ADDR agrees on: versions,\n"
			 "cipher, group, ALPN; whose its certificates are, for "
			 "what names and until\n"
			 "when; and each reason why a careful client would "
			 "refuse it. tls:// may be left\n"
			 "out. The exit status is 0 if a client would trust "
			 "it, and 9 if not; what is\n"
			 "merely unwise is told and does not change it.\n",
		.examples = "  sennit tls inspect example.org:443\n"
			    "  sennit tls inspect --json example.org:443 | jq "
			    ".problems\n"
			    "  sennit tls inspect --servername example.org "
			    "192.0.2.1:443\n",
		.addresses_min = 1,
		.addresses_max = 1,
		.run = inspect_run,
	},
	{
		.name = "interfaces",
		.bit = VERB_INTERFACES,
		.arguments = "",
		.summary = "the machine's network interfaces and addresses",
		.about = "Tells of each interface its name and number, whether "
			 "it is up, what it can do,\n"
			 "its MTU and hardware address, and below that every "
			 "address that it has. The\n"
			 "name, the number and the addresses are what may "
			 "stand behind the % of an\n"
			 "address.\n",
		.examples = "  sennit interfaces\n"
			    "  sennit interfaces --json | jq '.[].name'\n",
		.addresses_min = 0,
		.addresses_max = 0,
		.run = interfaces_run,
	},
	{ .name = NULL },
};
