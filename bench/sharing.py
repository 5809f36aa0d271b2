# SPDX-License-Identifier: MIT
"""Messages over datagrams and one TCP flow (the kernel's, CUBIC) through one
bottleneck: who gets what. Two network namespaces with a link of ours between
them; needs root."""

import contextlib
import json
import os
import subprocess
import sys
import time

import harness

RATE = 2_500_000  # bytes a second
DELAY = 10        # ms, each way
# bytes before the bottleneck: 100 ms of it, and 10 ms
QUEUES = {"deep queue": 250_000, "shallow queue": 25_000}
SIZE, MESSAGES = 10_000, 1_000
PATIENCE = 120    # s

# Counts what comes, and tells at each line of standard input.
SINK = """
import socket, sys, threading
server = socket.create_server(("10.9.0.2", 0))
print(server.getsockname()[1], flush=True)
conn, _ = server.accept()
count = 0
def take():
    global count
    while part := conn.recv(1 << 16):
        count += len(part)
threading.Thread(target=take, daemon=True).start()
for line in sys.stdin:
    print(count, flush=True)
"""
SOURCE = """
import socket, sys
with socket.create_connection(("10.9.0.2", int(sys.argv[1]))) as conn:
    while True:
        conn.sendall(bytes(1 << 16))
"""


def _ip(*words):
    done = subprocess.run(["ip", *words], check=False, text=True,
                          stderr=subprocess.PIPE)
    if done.returncode:
        raise harness.Skip(f"ip {' '.join(words)}: {done.stderr.strip()}")


@contextlib.contextmanager
def _link(bench, queue):
    names = [f"sennit-share-{os.getpid()}-{end}" for end in "ab"]
    started = []
    try:
        for name in names:
            _ip("netns", "add", name)
        link = bench.program("tun_link")
        harness.need_program(link)
        started.append(harness.start(
            [link, "--delay", str(DELAY), "--rate", str(RATE), "--queue", str(queue),
             *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        if started[0].stdout.readline() != "ready\n":
            raise harness.Skip("no tun devices here")
        for end, name in enumerate(names):
            _ip("-n", name, "addr", "add", f"10.9.0.{1 + end}", "peer",
                f"10.9.0.{2 - end}", "dev", "link0")
            _ip("-n", name, "link", "set", "link0", "up")

        def start(end, *words):
            started.append(harness.start(
                ["ip", "netns", "exec", names[end], *map(str, words)], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            return started[-1]
        yield start
    finally:
        for process in reversed(started):
            harness.end(process)
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def _share(bench, program, queue):
    """Bytes a second of both, while the messages go."""
    with _link(bench, queue) as start:
        sink = start(1, sys.executable, "-c", SINK)
        start(0, sys.executable, "-c", SOURCE, sink.stdout.readline().strip())

        def count():
            sink.stdin.write("\n")
            sink.stdin.flush()
            return int(sink.stdout.readline())
        # TCP has the link to itself first.
        while count() < RATE:
            time.sleep(0.05)
        receiver = start(1, bench.program(program), "serve", "--host", "10.9.0.2")
        port = receiver.stdout.readline().split()[0].rpartition(":")[2]
        before, begin = count(), time.monotonic()
        sender = start(0, bench.program(program), "send", "--host", "10.9.0.2",
                       "--port", port, "--size", SIZE, "--rate", 1000,
                       "--messages", MESSAGES)
        sender.communicate(timeout=PATIENCE)
        after, end = count(), time.monotonic()
        came = json.loads(receiver.communicate(timeout=PATIENCE)[0])
        return {"messages": came["delivered"] * SIZE / (end - begin),
                "tcp": (after - before) / (end - begin)}


def cells(bench, value):
    for name, queue in QUEUES.items():
        for program, title in (("enet_peer", "ENet"), ("seq_peer", "seq")):
            if bench.only and bench.only not in name:
                continue
            runs = [_share(bench, program, queue)
                    for _ in range(1 if bench.quick else 3)]
            both = sorted(run["messages"] / (run["messages"] + run["tcp"])
                          for run in runs)
            bench.progress(f"{name}: {title}: {both}")
            yield value(f"{name}: {title}'s share beside TCP", 100 * both[len(both) // 2],
                        "%", None, f"runs {', '.join(f'{x:.2f}' for x in both)}; of "
                        f"{RATE / 1e6} MB/s", all=runs)
