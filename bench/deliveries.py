# SPDX-License-Identifier: MIT
"""Messages at a steady rate over a link that loses some, ENet's and ours in
turn: what share came, how late the last hundredth was, what both ends spent."""

import json
import statistics
import subprocess

import harness

LOSSES = (0, 2, 10, 20)  # percent, each way
DELAY = 10  # ms, each way

# message bytes, messages a second, messages: both below what one window carries
LOADS = ((100, 1000, 5000), (10000, 100, 500))
PATIENCE = 120  # s


def _line(process, what):
    text = process.stdout.readline()
    if not text:
        raise harness.Failed(f"{what} ended with status {process.wait()}")
    return text


def _port(process, what):
    return _line(process, what).split()[0].rpartition(":")[2]


def _delivery(bench, program, loss, load, seed):
    """One delivery through a relay of its own: what both ends told."""
    size, rate, messages = load
    if bench.quick:
        messages //= 5
    started = []

    # Scheduled as any program is: how late a message is, is asked, too.
    def start(name, *words):
        harness.need_program(bench.program(name))
        started.append(harness.start(
            [bench.program(name), *map(str, words)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, preexec_fn=harness.settle_child(None)))
        return started[-1]

    try:
        receiver = start(program, "serve")
        relay = start("udp_relay", "--delay", DELAY, "--loss", loss, "--seed", seed,
                      "127.0.0.1:" + _port(receiver, program))
        sender = start(program, "send", "--port", _port(relay, "udp_relay"), "--size",
                       size, "--rate", rate, "--messages", messages)
        try:
            sent = json.loads(sender.communicate(timeout=PATIENCE)[0])
            came = json.loads(receiver.communicate(timeout=PATIENCE)[0])
        except subprocess.TimeoutExpired:
            return {"share": 0.0, "p99": float("inf"), "cpu": float("inf")}
        relay.stdin.close()
        told = json.loads(_line(relay, "udp_relay"))
        return {"share": came["delivered"] / messages, "p99": came["p99_ns"] / 1e6,
                "p50": came["p50_ns"] / 1e6,
                "cpu": (sent["cpu_ns"] + came["cpu_ns"]) / messages / 1000,
                "datagrams": (told["there"]["in"] + told["back"]["in"]) / messages}
    finally:
        for process in started:
            harness.end(process)


def _median(runs, what):
    return statistics.median(run[what] for run in runs)


def cells(bench, value):
    for loss in LOSSES:
        for load in LOADS:
            name = f"{load[0]} B, {loss} % lost"
            if bench.only and bench.only not in name:
                continue
            runs = {"enet_peer": [], "seq_peer": []}
            for turn in range(bench.pairs):
                for program, seen in sorted(runs.items(), reverse=turn % 2 == 1):
                    # The same link for both.
                    seen.append(_delivery(bench, program, loss, load, turn + 1))
                    bench.progress(f"{name}: {program}: " + ", ".join(
                        f"{key} {got:.2f}" for key, got in seen[-1].items()))
            theirs, ours = runs["enet_peer"], runs["seq_peer"]
            yield value(f"{name}: share delivered", 100 * _median(ours, "share"), "%",
                        100 * _median(theirs, "share"),
                        f"ENet {100 * _median(theirs, 'share'):.2f}", least=True)
            for key, words, unit in (("p99", "p99 latency", "ms"),
                                     ("cpu", "CPU a message, both ends", "us")):
                us, them = _median(ours, key), _median(theirs, key)
                yield value(f"{name}: {words}, over ENet's", us / them, "", 1.0,
                            f"{us:.2f} over {them:.2f} {unit}", all=runs)
