# SPDX-License-Identifier: MIT
"""Processes, clocks and pairs for bench/run.

A pair is two servers started afresh, each with its own load generator, all on
the same core. Short windows alternate between them (A B B A A B ...), so that
slow changes of the machine fall on both; the pair's ratio is the median of
its windows' ratios. Fresh pairs average over what is decided when a process
starts, such as where its pages lie.

Only children started here are ever signalled, by their Popen handle. None
outlives the driver: end_all() on the way out, and the kernel kills them should
the driver be killed itself.
"""

import collections
import ctypes
import json
import os
import platform
import re
import resource
import select
import signal
import statistics
import subprocess
import time

SPARE = 64  # descriptors a process needs besides its connections
NOT_HERE = 3  # a program's status when the machine forbids what it measures

# A server to start. backend is what SENNIT_IO asks for; says: whether its line
# ends with the backend that it is on.
Command = collections.namedtuple("Command", "words backend says")

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1

children = set()


class Skip(Exception):
    """The machine does not allow this measurement."""


class Failed(Exception):
    """A program ended early or answered nonsense."""


def hard_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def need_descriptors(connections):
    hard = hard_limit()
    if hard != resource.RLIM_INFINITY and connections + SPARE > hard:
        raise Skip(f"{connections} connections need {connections + SPARE} "
                   f"descriptors, the hard limit is {hard}")


def need_program(path):
    if not os.access(path, os.X_OK):
        raise Failed(f"{path} is not built (ninja -C BUILD benchmarks sennit)")


def shown(command):
    """A command as the results show it: without the names of folders."""
    words = " ".join(os.path.basename(word) for word in command.words)
    return f"SENNIT_IO={command.backend} {words}" if command.backend else words


def start(words, **options):
    process = subprocess.Popen(words, **options)
    children.add(process)
    return process


def end(process):
    process.kill()
    process.wait()
    children.discard(process)


def end_all():
    for process in list(children):
        end(process)


def settle_child(core):
    """Runs in the child: one core, batch scheduling, all descriptors. Without
    a core it may run anywhere and is scheduled as any program is."""
    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if core is not None:
            os.sched_setaffinity(0, {core})
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        hard = hard_limit()
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return prepare


class Server:
    """Tells port and, where it says so, backend: .backend."""

    def __init__(self, command, core):
        need_program(command.words[0])
        self.process = start(
            command.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=settle_child(core),
            env=dict(os.environ, SENNIT_IO=command.backend or "auto"))
        self.pid = self.process.pid
        try:
            self.port, self.backend = self._read_line(shown(command))
            if command.says:
                self._check(command)
        except BaseException:
            self.stop()
            raise

    def _check(self, command):
        if not self.backend:
            raise Failed(f"{shown(command)} does not say its backend")
        if command.backend not in (None, "auto", self.backend):
            raise Failed(f"{shown(command)} is on {self.backend}")

    def _read_line(self, name):
        text = b""
        more = None
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            pipe = self.process.stdout.fileno()
            if not select.select([pipe], [], [], 0.2)[0]:
                continue
            more = os.read(pipe, 4096)
            text += more
            found = re.search(rb":(\d+)\b ?(\w*)[^\n]*\n", text)
            if found:
                return int(found.group(1)), found.group(2).decode()
            if not more:
                break
        text = text.decode(errors="replace").strip()
        if more == b"" and self.process.wait() == NOT_HERE:
            raise Skip(text)
        raise Failed(f"{name}: no port: {text!r}")

    def memory(self):
        """Bytes of user memory: resident pages and page tables."""
        def field(file, name):
            with open(f"/proc/{self.pid}/{file}", encoding="ascii") as lines:
                for line in lines:
                    if line.startswith(name):
                        return int(line.split()[1]) * 1024
            raise Failed(f"no {name} in {file}")
        return {"rss": field("smaps_rollup", "Rss:"),
                "tables": field("status", "VmPTE:")}

    def heap(self):
        """Resident bytes of what malloc has from brk(2), all of a program with
        one thread and small blocks; and of everything else."""
        heap = rest = 0
        mapping = ""
        with open(f"/proc/{self.pid}/smaps", encoding="ascii") as lines:
            for line in lines:
                words = line.split()
                if "-" in words[0] and not words[0].endswith(":"):
                    mapping = words[-1]
                elif words[0] == "Rss:" and mapping == "[heap]":
                    heap += int(words[1]) * 1024
                elif words[0] == "Rss:":
                    rest += int(words[1]) * 1024
        return {"heap": heap, "rest": rest}

    def stop(self):
        end(self.process)
        self.process.stdout.close()


class Load:
    """Ready when made; with hurried=True only when ready() has returned."""

    def __init__(self, program, mode, server, core, hurried=False, **options):
        need_program(program)
        command = [program, mode, "--port", str(server.port), "--pid", str(server.pid)]
        for name, value in options.items():
            command += ["--" + name, str(value)]
        self.process = start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=settle_child(core))
        try:
            if not hurried:
                self.ready()
        except BaseException:
            self.kill()
            raise

    def has_answered(self, seconds):
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def ready(self):
        """What it says once it is ready."""
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"load ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, messages):
        self.process.stdin.write(f"{messages}\n")
        self.process.stdin.flush()

    def window(self, messages):
        """One measured window: server CPU, ns a message."""
        self.ask(messages)
        return self.ready()["server_ns"] / messages

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=60)
        children.discard(self.process)
        self.process.stdout.close()
        if status:
            raise Failed(f"load ended with status {status}")

    def kill(self):
        end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


class Calls:
    """Counts a process's system calls, by strace -c. It slows them down, which
    is why nothing else is measured meanwhile."""

    def __init__(self, pid):
        self.process = start(
            ["strace", "-c", "-f", "-p", str(pid)], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, preexec_fn=settle_child(None))
        line = self.process.stderr.readline()
        if "attached" not in line:
            end(self.process)
            raise Skip(f"strace: {line.strip()}")

    def stop(self):
        """Counts by name."""
        self.process.send_signal(signal.SIGINT)
        lines = self.process.stderr.read().splitlines()
        self.process.wait()
        self.process.stderr.close()
        children.discard(self.process)
        rows = [line.split() for line in lines]
        return {row[-1]: int(row[3]) for row in rows
                if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


class Side:
    """A server and the load on it."""

    def __init__(self, bench, command, mode, **options):
        self.server = Server(command, bench.server_core)
        try:
            self.load = Load(bench.program("load"), mode, self.server,
                             bench.load_core, seconds=bench.seconds, **options)
        except BaseException:
            self.server.stop()
            raise

    def close(self, orderly=True):
        try:
            if orderly:
                self.load.stop()
            else:
                self.load.kill()
        finally:
            self.server.stop()


def one_pair(bench, commands, mode, messages, turn, options):
    """Median ns of both sides and their ratio, from alternated windows."""
    sides = [None, None]
    orderly = False
    try:
        for i in ((0, 1) if turn % 2 == 0 else (1, 0)):
            sides[i] = Side(bench, commands[i], mode, **options)
        backends = [side.server.backend for side in sides]
        seen = ([], [])
        softirq = [0, 0]
        for window in range(bench.windows):
            for i in ((0, 1) if (window + turn) % 2 == 0 else (1, 0)):
                before = bench.softirq.ns()
                seen[i].append(sides[i].load.window(messages))
                softirq[i] += bench.softirq.ns() - before
        orderly = True
    finally:
        for side in sides:
            if side:
                side.close(orderly)
    ratios = [b / a for a, b in zip(*seen)]
    return {"a": [round(x, 1) for x in seen[0]],
            "b": [round(x, 1) for x in seen[1]],
            "softirq": [round(ns / messages / bench.windows, 1) for ns in softirq],
            "backends": backends, "ratio": statistics.median(ratios)}


def compare(bench, name, commands, mode, messages, **options):
    """Pairs of one cell. commands: (A, B); ratios are B over A."""
    need_descriptors(options["connections"])
    for command in commands:
        need_program(command.words[0])
    pairs = []
    for turn in range(bench.pairs):
        pairs.append(one_pair(bench, commands, mode, messages, turn, options))
        bench.progress(f"{name}: pair {turn + 1}/{bench.pairs}: "
                       f"{pairs[-1]['ratio']:.3f}")
    ratios = sorted(p["ratio"] for p in pairs)
    quarters = statistics.quantiles(ratios, n=4, method="inclusive")
    return {"name": name, "commands": [shown(c) for c in commands],
            "backends": pairs[0]["backends"],
            "options": dict(options, mode=mode, window=messages),
            "a_ns": statistics.median(x for p in pairs for x in p["a"]),
            "b_ns": statistics.median(x for p in pairs for x in p["b"]),
            "softirq_ns": [statistics.median(p["softirq"][i] for p in pairs)
                           for i in (0, 1)],
            "ratio": statistics.median(ratios), "low": ratios[0],
            "high": ratios[-1], "quartiles": [quarters[0], quarters[2]],
            "pairs": pairs}


class Softirq:
    """CPU time of a core's ksoftirqd: work that no process is charged for."""

    def __init__(self, core):
        self.path = None
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/comm", encoding="ascii") as comm:
                    if comm.read().strip() == f"ksoftirqd/{core}":
                        self.path = f"/proc/{entry}/schedstat"
            except OSError:
                continue

    def ns(self):
        if not self.path:
            return 0
        with open(self.path, encoding="ascii") as stat:
            return int(stat.read().split()[0])


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(("model name", "CPU part")):
                model = line.split(":", 1)[1].strip()
                break
    try:
        with open("/sys/devices/system/cpu/vulnerabilities/spec_rstack_overflow",
                  encoding="ascii") as text:
            safe_ret = text.read().strip()
    except OSError:
        safe_ret = "unknown"
    return {"kernel": platform.release(), "arch": platform.machine(),
            "cpu": model, "cores": os.cpu_count(),
            "spec_rstack_overflow": safe_ret,
            "descriptors": hard_limit(),
            "load_average": [round(x, 2) for x in os.getloadavg()]}
