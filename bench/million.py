# SPDX-License-Identifier: MIT
"""A million idle connections, in as many servers as the descriptor limit asks
for: what they cost the servers, and what they cost the kernel.

Each server has a load process of its own, which opens its share, echoes once on
each connection, holds them, and in the end echoes once more on each: a
connection that was lost, mixed up or garbled meanwhile is an error.

User memory is read from each server. The kernel's is the growth of its slab
caches, which belong to both ends: halves of what sockets take, all of what
only a server has (this load polls nothing). What others allocate meanwhile is
in these, too, except the inodes of /proc: whoever lists a process's descriptors
makes one for each, and it is neither end's.
"""

import time

import harness

KEEP_FREE = 2 << 30  # bytes; below that it stops
GUESS = 14500        # bytes of a connection, both ends, to say so beforehand
AT_ONCE = 2
SETTLING = 10        # seconds, at most, for the kernel to free what it frees later
# Caches of what waits for readiness.
SERVER_ONLY = ("eventpoll", "ep_head", "io_kiocb")
NOT_OURS = "proc_inode_cache"


class Short(Exception):
    """Memory runs out."""


def meminfo():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return {name: int(rest.split()[0]) * 1024
                for name, rest in (line.split(":") for line in lines)}


def caches():
    """Bytes of each slab cache; nothing where only root may know."""
    found = {}
    try:
        with open("/proc/slabinfo", encoding="ascii") as lines:
            for line in list(lines)[2:]:
                words = line.split()
                found[words[0]] = int(words[14]) * int(words[5]) * 4096
    except OSError:
        pass
    return found


def stop_when_short(opened, wanted):
    left = meminfo()["MemAvailable"]
    if left < KEEP_FREE:
        raise Short(f"stopped early: {left >> 20} MiB available are less than "
                    f"{KEEP_FREE >> 20}; {opened} of {wanted} connections were open")


class Part:
    """A server and its share of the connections."""

    def __init__(self, bench, count, core):
        self.count = count
        self.ready = False
        self.after = None
        self.server = harness.Server(bench.ours(1024, "auto"), core)
        self.before = self.server.memory()
        self.load = harness.Load(bench.program("load"), "idle", self.server, core,
                                 hurried=True, connections=count, size=64,
                                 seconds=7200)

    def poll(self, seconds):
        """Whether its load has answered; raises Failed if it ended."""
        if not self.load.has_answered(seconds):
            return False
        self.load.ready()
        return True


def together(parts, opened, wanted):
    """Waits until the load of each has answered; how many connections failed."""
    waiting = list(parts)
    errors = 0
    while waiting:
        stop_when_short(opened, wanted)
        part = waiting.pop(0)
        try:
            if not part.poll(0.25):
                waiting.append(part)
        except harness.Failed:
            errors += part.count
    return errors


def open_all(bench, shares, parts):
    cores = (bench.server_core, bench.load_core_if_cross)
    errors = 0
    wanted = sum(shares)
    for i in range(0, len(shares), AT_ONCE):
        group = [Part(bench, count, cores[j % 2])
                 for j, count in enumerate(shares[i:i + AT_ONCE])]
        opened = sum(part.count for part in parts)
        parts += group
        errors += together(group, opened, wanted)
        for part in group:
            part.after = part.server.memory()
        bench.progress(f"{opened + sum(part.count for part in group)} of {wanted}, "
                       f"{meminfo()['MemAvailable'] >> 20} MiB available, "
                       f"{errors} errors")
    return errors


def echo_again(bench, parts):
    errors = 0
    for i in range(0, len(parts), AT_ONCE):
        group = parts[i:i + AT_ONCE]
        for part in group:
            part.load.ask(1)
        errors += together(group, 0, 0)
    bench.progress(f"echoed on each once more, {errors} errors")
    return errors


def user_cells(value, parts, count):
    rss = sum(part.after["rss"] - part.before["rss"] for part in parts)
    tables = sum(part.after["tables"] - part.before["tables"] for part in parts)
    base = sum(part.before["rss"] + part.before["tables"] for part in parts)
    yield value("user memory of the servers' connections", (rss + tables) / 1e9,
                "GB", None, f"and {base / 1e6:.0f} MB of the {len(parts)} processes")
    yield value("user memory of a connection", (rss + tables) / count, "B", 4403,
                f"RSS {rss / count:.0f} + page tables {tables / count:.0f}")


def kernel_cells(value, before, after, count):
    grown = {name: size - before[1].get(name, 0) for name, size in after[1].items()}
    slab = after[0]["Slab"] - before[0]["Slab"] - grown.pop(NOT_OURS, 0)
    only = sum(n for name, n in grown.items() if name.startswith(SERVER_ONLY))
    most = sorted(grown.items(), key=lambda item: -item[1])[:10]
    yield value("kernel's slab of a connection, both ends", slab / count, "B", None,
                ", ".join(f"{name} {size / count:.0f}" for name, size in most))
    yield value("the server's: half, and what only it has",
                ((slab - only) / 2 + only) / count, "B", None,
                f"only the server's: {only / count:.0f}")
    available = before[0]["MemAvailable"] - after[0]["MemAvailable"]
    yield value("fewer bytes available on the machine, a connection", available / count,
                "B", None, f"{available / 1e9:.2f} GB in all, both ends; "
                f"{after[0]['MemAvailable'] / 1e9:.2f} GB left")


def shares_of(wanted):
    each = min(wanted, harness.hard_limit() - harness.SPARE)
    full, rest = divmod(wanted, each)
    return [each] * full + ([rest] if rest else [])


def settled():
    """The kernel's figures, once it has freed what it frees later: two readings
    in a row with as much in its caches."""
    before, now = None, caches()
    end = time.monotonic() + SETTLING
    while now != before and time.monotonic() < end:
        time.sleep(1)
        before, now = now, caches()
    return meminfo(), now


def cells(bench, value):
    wanted = 40000 if bench.quick else bench.connections
    shares = shares_of(wanted)
    need = wanted * GUESS + KEEP_FREE
    have = meminfo()["MemAvailable"]
    bench.progress(f"{wanted} connections, {len(shares)} servers, about "
                   f"{need >> 20} MiB needed, {have >> 20} available" +
                   ("" if need < have else ": will stop early"))
    parts = []
    before = settled()
    began = time.monotonic()
    try:
        errors = open_all(bench, shares, parts)
        after = settled()
        seconds = time.monotonic() - began
        errors += echo_again(bench, parts)
        backends = {part.server.backend for part in parts}
    except Short as why:
        # With so little memory left, room comes first and figures second.
        harness.end_all()
        raise harness.Failed(str(why)) from None
    finally:
        harness.end_all()
    yield value(f"connections held, on {', '.join(sorted(backends))}", wanted, "", None,
                f"{len(parts)} servers of at most {shares[0]}; opened in "
                f"{seconds:.0f} s")
    yield value("errors", errors, "", 0)
    yield from user_cells(value, parts, wanted)
    yield from kernel_cells(value, before, after, wanted)
