# SPDX-License-Identifier: MIT
"""The questions of bench/run, one function each: its first line is the title,
what it yields are the cells. A cell is a ratio (harness.compare) or a value."""

import os
import subprocess
import tempfile

import deliveries
import harness
import million as million_module
import sharing

# message bytes -> buffer bytes on both sides, messages in a window
SIZES = {64: (1024, 20000), 4096: (4096, 15000), 65536: (16384, 4000)}
CONNECTIONS = (64, 1000, 10000)

# message bytes -> bar and aim
RING_BARS = {64: (1.10, 1.05), 4096: (1.15, 1.08), 65536: (1.12, 1.08)}


def the_same(bar, aim, sizes=SIZES):
    return {size: (bar, aim) for size in sizes}


def echo_cells(bench, commands_of, bars):
    """The cells of an echo question; commands_of(buffer) gives (A, B), bars
    has the message sizes with bar and aim."""
    for connections in CONNECTIONS:
        for size, (bar, aim) in bars.items():
            name = f"{connections} x {size} B"
            if bench.only and bench.only not in name:
                continue
            if bench.quick and (connections > 1000 or size > 64):
                continue
            buffer, window = SIZES[size]
            window = max(window, connections + connections // 2)
            try:
                cell = harness.compare(
                    bench, name, commands_of(buffer), "echo", window,
                    connections=connections, size=size,
                    warmup=max(window, 2 * connections))
            except harness.Skip as why:
                cell = {"name": name, "skipped": str(why)}
            yield dict(cell, bar=bar, aim=aim)


def churn_cells(bench, commands, bar, aim):
    name = "accept, 64 B, close"
    if bench.only and bench.only not in name:
        return
    try:
        cell = harness.compare(bench, name, commands, "churn", 4000,
                               connections=64, size=64, warmup=4000)
    except harness.Skip as why:
        cell = {"name": name, "skipped": str(why)}
    yield dict(cell, bar=bar, aim=aim)


def need_ring(bench):
    """Skip where io_uring is not to be had: sennit is rightly on epoll there."""
    harness.Server(bench.raw_ring(1024), bench.server_core).stop()


def edge(bench):
    """sennit on epoll over a raw edge-triggered loop"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--edge", buffer),
                                                 bench.ours(buffer, "epoll")),
                          the_same(1.15, 1.08))


def level(bench):
    """sennit on epoll over a raw level-triggered loop"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--level", buffer),
                                                 bench.ours(buffer, "epoll")),
                          the_same(1.10, 1.00, (64,)))


def auto(bench):
    """sennit on the backend it chooses over a raw level-triggered loop"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--level", buffer),
                                                 bench.ours(buffer, "auto")),
                          the_same(1.05, 0.98, (64,)))


def churn(bench):
    """connections opened, used once and closed, over a raw edge-triggered loop"""
    yield from churn_cells(bench, (bench.raw("--edge", 1024),
                                   bench.ours(1024, "epoll")), 1.15, None)


def ring(bench):
    """sennit on io_uring over a raw loop of multishot polls"""
    need_ring(bench)
    yield from echo_cells(bench, lambda buffer: (bench.raw_ring(buffer),
                                                 bench.ours(buffer, "uring")),
                          RING_BARS)
    yield from churn_cells(bench, (bench.raw_ring(1024),
                                   bench.ours(1024, "uring")), 1.10, 1.00)


def backends(bench):
    """sennit on io_uring over sennit on epoll"""
    need_ring(bench)
    yield from echo_cells(bench, lambda buffer: (bench.ours(buffer, "epoll"),
                                                 bench.ours(buffer, "uring")),
                          the_same(None, None))
    yield from churn_cells(bench, (bench.ours(1024, "epoll"),
                                   bench.ours(1024, "uring")), None, None)


def rawring(bench):
    """the raw loop of multishot polls over the raw edge-triggered loop"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--edge", buffer),
                                                 bench.raw_ring(buffer)),
                          the_same(None, None))
    yield from churn_cells(bench, (bench.raw("--edge", 1024),
                                   bench.raw_ring(1024)), None, None)


def calibrate(bench):
    """raw edge-triggered over itself: the method's own spread"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--edge", buffer),) * 2,
                          the_same(None, None))
    yield from churn_cells(bench, (bench.raw("--edge", 1024),) * 2, None, None)


def triggers(bench):
    """raw edge-triggered over raw level-triggered"""
    yield from echo_cells(bench, lambda buffer: (bench.raw("--level", buffer),
                                                 bench.raw("--edge", buffer)),
                          the_same(None, None))


def libc(bench):
    """raw with libc's calls over raw with system calls in line"""
    def commands(buffer):
        rest = ["--edge", "--buffer", str(buffer)]
        return (bench.command("raw_epoll", *rest),
                bench.command("raw_epoll_libc", *rest))
    yield from echo_cells(bench, commands, the_same(None, None, (64, 4096)))
    yield from churn_cells(bench, commands(1024), None, None)


def value(name, got, unit, bar=None, detail=None, **more):
    return dict({"name": name, "value": got, "unit": unit, "bar": bar,
                 "detail": detail}, **more)


def calls(bench):
    """system calls a message, counted by strace"""
    for connections in (64, 1000):
        for command, bar in ((bench.raw("--edge", 1024), None),
                             (bench.raw_ring(1024), None),
                             (bench.ours(1024, "epoll"), 2.1),
                             (bench.ours(1024, "uring"), 2.1),
                             (bench.ours(1024, "auto"), 2.1)):
            yield calls_of(bench, command, connections, bar)


def calls_of(bench, command, connections, bar):
    name = f"{connections} x 64 B: {harness.shown(command)}"
    messages = 20000
    try:
        if command.backend == "uring":
            need_ring(bench)
        side = harness.Side(bench, command, "echo", connections=connections,
                            size=64, warmup=2 * connections)
    except harness.Skip as why:
        return {"name": name, "skipped": str(why)}
    try:
        counter = harness.Calls(side.server.pid)
        side.load.window(messages)
        counts = counter.stop()
        backend = side.server.backend
    finally:
        side.close(False)
    most = sorted(counts.items(), key=lambda item: -item[1])[:4]
    return value(name, sum(counts.values()) / messages, "", bar, f"{backend}: " + ", ".join(
        f"{call} {count / messages:.3f}" for call, count in most),
        counts=counts, messages=messages)


def switch(bench):
    """a switch between two fibers"""
    got = bench.json_of("switch")
    yield value("bare switch, there and back", got["bare_pair_ns"], "ns", 5)
    yield value("snt_yield", got["yield_ns"], "ns")


def returns(bench):
    """what returning from functions costs right after a system call"""
    for name, got in bench.json_of("return").items():
        what, depth = name.split("_")
        text = "nothing done" if what == "plain" else "eight empty calls first"
        yield value(f"{depth} returns, {text}: getppid", got["getppid_ns"], "ns")
        yield value(f"{depth} returns, {text}: 64 B over TCP", got["echo_ns"], "ns")


def memory(bench):
    """user memory of an idle connection after one echo (RSS + page tables)"""
    count = 2000 if bench.quick else 15000
    room = harness.hard_limit() - harness.SPARE
    if room < count:
        bench.progress(f"only {room} connections: the hard descriptor limit is "
                       f"{harness.hard_limit()}")
        count = room
    for name, command, bar in (
            ("raw edge", bench.raw("--edge", 1024), None),
            ("sennit_echo, 1 KiB, epoll", bench.ours(1024, "epoll"), 4403),
            ("sennit_echo, 1 KiB, auto", bench.ours(1024, "auto"), 4403),
            ("sennit echo, auto", bench.cli, 4403)):
        name = f"{name}, {count} connections"
        server = harness.Server(command, bench.server_core)
        try:
            before = server.memory()
            load = harness.Load(bench.program("load"), "idle", server,
                                bench.load_core, connections=count, size=64,
                                seconds=bench.seconds)
            after = server.memory()
            load.stop()
        finally:
            server.stop()
        each = {k: (after[k] - before[k]) / count for k in after}
        yield value(name, sum(each.values()), "B", bar,
                    f"RSS {each['rss']:.0f} + page tables {each['tables']:.0f}")


def tls(bench):
    """echo over TLS 1.3 over a raw loop of epoll and OpenSSL"""
    with tempfile.TemporaryDirectory() as folder:
        who = certificate(folder)
        keep = bench.command("raw_tls", "--keep", *who)
        for name, mode, size, connections, window, bar in (
                ("full handshake, 64 B, close", "tls-churn", 64, 1, 400,
                 HANDSHAKE_BAR),
                ("64 x 64 B", "tls-echo", 64, 64, 10000, 1.10),
                ("64 x 16384 B", "tls-echo", 16384, 64, 2000, 1.10),
                ("1000 x 64 B", "tls-echo", 64, 1000, 10000, 1.10),
                ("1000 x 16384 B", "tls-echo", 16384, 1000, 2000, 1.10)):
            if bench.only and bench.only not in name:
                continue
            if bench.quick and connections > 64:
                continue
            words = ("--buffer", "16384" if size > 1024 else "1024", *who)
            commands = (bench.command("raw_tls", *words),
                        bench.ours(words[1], "auto", *who))
            try:
                cell = harness.compare(
                    bench, name, commands, mode, window, size=size,
                    connections=connections, warmup=max(200, connections))
            except harness.Skip as why:
                cell = {"name": name, "skipped": str(why)}
            yield dict(cell, bar=bar, aim=None)
        if not bench.only or bench.only in "idle":
            for command, heap_bar, rest_bar in (
                    (bench.command("raw_tls", *who), None, None),
                    (keep, None, None),
                    (bench.ours(1024, "auto", *who), 15000, 8200)):
                yield from idle_tls(bench, command, heap_bar, rest_bar)


# Datagrams a CPU second, at least eight times the raw loop's.
BATCH_BAR = 1 / 8


def udp(bench):
    """datagrams echoed, over a raw loop of recvfrom and sendto"""
    for name, words, window, bar in (
            ("64 B, one at a time", (), 32768, 1.08),
            ("64 B, batches, GSO and GRO", ("--batch",), 32768, BATCH_BAR)):
        if bench.only and bench.only not in name:
            continue
        commands = (bench.command("raw_udp"),
                    bench.command("sennit_udp", *words, backend="auto"))
        cell = harness.compare(bench, name, commands, "udp", window, size=64,
                               connections=16, warmup=window)
        yield dict(cell, bar=bar, aim=None)


# Handshakes a CPU second, at least 0.94 of the raw loop's.
HANDSHAKE_BAR = round(1 / 0.94, 3)


def certificate(folder):
    """For localhost, by openssl: P-256. The words that name it."""
    cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                    cert, "-subj", "/CN=localhost", "-days", "30"], check=True,
                   stderr=subprocess.DEVNULL)
    return "--cert", cert, "--key", key


def idle_tls(bench, command, heap_bar, rest_bar):
    count = 500 if bench.quick else 5000
    server = harness.Server(command, bench.server_core)
    try:
        with_one = []
        for connections in (200, count):
            # The first ones pay for what all share.
            load = harness.Load(bench.program("load"), "tls-idle", server,
                                bench.load_core, connections=connections,
                                size=64, seconds=bench.seconds)
            with_one.append(server.heap())
            if connections == count:
                break
            kept = load
        load.stop()
        kept.stop()
    finally:
        server.stop()
    name = os.path.basename(command.words[0]) + \
        (" --keep" if "--keep" in command.words else "")
    for part, bar, text in (("heap", heap_bar, "heap"),
                            ("rest", rest_bar, "stack and the rest")):
        yield value(f"{name}, idle after one echo: {text}",
                    (with_one[1][part] - with_one[0][part]) / count, "B", bar)


def fibers(bench):
    """fibers asleep in one process, each with its guard page"""
    got = bench.json_of("idle_fibers", "20000" if bench.quick else "200000")
    yield value(f"{got['fibers']} fibers, user memory of one", got["bytes_each"],
                "B", None, f"RSS {got['rss_each']:.0f} + page tables "
                f"{got['tables_each']:.0f}; {got['mappings']} more mappings; "
                f"{got['spawn_ns']:.0f} ns to spawn and run one")
    yield value("stacks without a guard page", got["unguarded"], "", 0)


def two_cores(bench):
    if bench.server_core == bench.load_core_if_cross:
        raise harness.Skip("needs two cores")


def on_backends(bench, program, backends, rounds):
    """(backend asked for, what the program found there); None where skipped."""
    for backend in backends:
        try:
            if backend == "uring":
                need_ring(bench)
        except harness.Skip as why:
            yield backend, {"skipped": str(why)}
            continue
        got = bench.json_of(program, *rounds, backend=backend, free=True)
        if backend not in ("auto", got["backend"]):
            raise harness.Failed(f"{program}: SENNIT_IO={backend} is on {got['backend']}")
        yield backend, got


def wake(bench):
    """a sleeping thread woken through a channel, over a bare eventfd"""
    two_cores(bench)
    rounds = ["6", "1000"] if bench.quick else ["21", "3000"]
    for backend, got in on_backends(bench, "wake", ("auto", "direct", "epoll", "uring"),
                                    rounds):
        for place, bar in (("two cores", 1.25), ("one core", None)):
            name = f"{place}, {backend}: round trip over a bare eventfd's"
            if "skipped" in got:
                yield dict(got, name=name)
                continue
            one = got[place.replace(" ", "_")]
            yield value(
                name, one["ratio"], "", bar if backend == "auto" else None,
                f"{got['backend']}: {one['ours_us']:.1f} over {one['bare_us']:.1f} us; "
                f"CPU of both threads {one['ours_cpu_us']:.1f} over "
                f"{one['bare_cpu_us']:.1f}; windows {one['low']:.3f} to "
                f"{one['high']:.3f}", best=one["low"], all=one)


def spin(bench):
    """one connection between two cores, spinning 50 us before sleep over not"""
    two_cores(bench)
    rounds = ["6", "1000"] if bench.quick else ["21", "3000"]
    for backend, got in on_backends(bench, "spin", ("auto", "epoll", "uring"), rounds):
        for who, bar in (("both", 0.7), ("server", None)):
            name = f"{backend}, {who} spinning: round trip over sleeping"
            if "skipped" in got:
                yield dict(got, name=name)
                continue
            one, none = got[who], got["none"]
            yield value(
                name, one["ratio"], "", bar if backend == "auto" else None,
                f"{got['backend']}: p50 {one['p50_us']:.1f} over {none['p50_us']:.1f} us, "
                f"p99 {one['p99_us']:.0f} over {none['p99_us']:.0f}; server CPU "
                f"{one['cpu_us']:.1f} over {none['cpu_us']:.1f}; windows "
                f"{one['low']:.3f} to {one['high']:.3f}", best=one["low"],
                all={"spinning": one, "sleeping": none})


def workers(bench):
    """two workers against one on requests of 10 ms, and how evenly they are dealt"""
    two_cores(bench)
    got = bench.json_of("workers", "3" if bench.quick else "11", free=True)
    yield value("work of two over work of one", got["ratio"], "", 1.8,
                f"windows {got['low']:.3f} to {got['high']:.3f}; a request "
                f"{got['request_ms']:.1f} ms; bare threads at the same time: "
                f"{got['bare_ratio']:.3f}", least=True, best=got["high"], all=got)
    for count, counts in got["dealt"].items():
        mean = sum(counts) / int(count)
        counts = counts + [0] * (int(count) - len(counts))
        yield value(f"{sum(counts)} connections on {count} workers, farthest from "
                    "even", max(abs(n - mean) for n in counts) / mean * 100, "%", 10,
                    f"{min(counts)} to {max(counts)}")


def worlds(bench):
    """simulated worlds a second of one core"""
    got = bench.json_of("worlds", *(["3", "200"] if bench.quick else ["11", "2000"]),
                        free=True)
    one = got["echo"]
    yield value("worlds of 4 clients and an echo server, a second", one["rate"], "",
                1000, f"{one['packets']:.0f} packets and {one['events']:.0f} events a "
                f"world; windows {one['low']:.0f} to {one['high']:.0f}", least=True,
                best=one["high"], all=got)
    one = got["idle"]
    yield value("simulated seconds a second, 100 idle hosts with timers", one["rate"],
                "", 10000, f"windows {one['low']:.0f} to {one['high']:.0f}",
                least=True, best=one["high"])


def million(bench):
    """idle connections in as many servers as descriptors ask for"""
    yield from million_module.cells(bench, value)


def seq(bench):
    """ordered messages over datagrams that get lost, beside ENet"""
    yield from deliveries.cells(bench, value)


def share(bench):
    """messages over datagrams and a TCP flow through one bottleneck"""
    try:
        yield from sharing.cells(bench, value)
    except harness.Skip as why:
        yield {"name": "a link between two namespaces", "skipped": str(why)}


QUESTIONS = {f.__name__: f for f in (
    edge, level, churn, ring, auto, calls, switch, memory, fibers, wake, spin,
    workers, worlds, tls, udp, seq, share, backends, million, rawring, returns, libc,
    triggers, calibrate)}
USUAL = ("edge", "level", "churn", "ring", "auto", "calls", "switch", "memory",
         "fibers", "wake", "spin", "workers", "worlds", "tls", "udp", "seq", "share")
