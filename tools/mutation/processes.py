# SPDX-License-Identifier: MIT
"""Runs programs that may hang, print without end or leave children behind.

Whoever calls adopt() inherits what a program leaves running, and run() ends
all of that before it returns: so a process has one program at a time, and no
other children.
"""
import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None)
# A program that prints more than this in one line has gone wrong.
LONGEST_LINE = 1 << 20


def adopt():
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number=signal.SIGKILL):
    LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def begin():
    """In a program's process, before it: what takes all memory is to be the
    one that the kernel ends for it."""
    die_with_parent()
    with open('/proc/self/oom_score_adj', 'w', encoding='ascii') as file:
        file.write('1000')


def children():
    path = f'/proc/self/task/{os.getpid()}/children'
    with open(path, encoding='ascii') as file:
        return [int(word) for word in file.read().split()]


def end_all():
    """Kills what is left, and what that leaves, until nothing is."""
    while True:
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, 0):
                if children():
                    break
        except ChildProcessError:
            return


class Lines:
    """A program's output, line by line, and how long it was silent."""

    def __init__(self, pipe):
        os.set_blocking(pipe.fileno(), False)
        self.pipe, self.rest, self.ended = pipe, b'', False
        self.selector = selectors.DefaultSelector()
        self.selector.register(pipe, selectors.EVENT_READ)

    def wait(self, seconds):
        """What came within that time: [] is nothing."""
        if not self.selector.select(max(seconds, 0)):
            return []
        data = self.pipe.read(1 << 16)
        if data is None:
            return []
        self.ended = data == b''
        *lines, self.rest = (self.rest + data).split(b'\n')
        if self.ended or len(self.rest) > LONGEST_LINE:
            lines, self.rest = lines + [self.rest], b''
        return [line.decode(errors='replace') for line in lines]


class Ended:
    """How a program ended: status None was cut short, for .why."""

    def __init__(self):
        self.status, self.why, self.case, self.text = None, '', '', []
        self.seconds = self.silence = 0.0

    @property
    def passed(self):
        return self.status == 0 and not self.case


def watch(process, ended, limit, quiet):
    """Reads until the end, the first failed case or a limit."""
    lines, begin = Lines(process.stdout), time.monotonic()
    last = begin
    while not lines.ended:
        now = time.monotonic()
        came = lines.wait(min(begin + limit, last + quiet) - now)
        now = time.monotonic()
        if came:
            ended.silence = max(ended.silence, now - last)
            last = now
        for line in came:
            ended.text = [*ended.text[-30:], line[:200]]
            if ended.case and line.startswith('#'):
                if line.startswith('# timeout'):
                    ended.why = 'time'
                return
            if line.startswith('not ok') and not ended.case:
                ended.case = line.partition(' - ')[2][:100] or line[:100]
                # Only to read why.
                begin, limit, quiet = now, 1, 1
        if now >= min(begin + limit, last + quiet):
            ended.why = ended.why or ('' if ended.case else 'time')
            return
    # Its output may have ended before it did.
    try:
        ended.status = process.wait(max(begin + limit - time.monotonic(), 1))
    except subprocess.TimeoutExpired:
        ended.why = 'time'


def run(command, cwd, environment=None, limit=3600.0, quiet=None):
    """The program's end; .case is the first that failed, if it speaks TAP.
    Nothing of it runs any more on return."""
    ended, started = Ended(), time.monotonic()
    try:
        with subprocess.Popen(
                command, cwd=cwd, env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=begin) as process:
            try:
                watch(process, ended, limit, quiet or limit)
            finally:
                process.kill()
                process.wait()
                end_all()
    except OSError as error:
        ended.why = str(error)
    ended.seconds = time.monotonic() - started
    return ended
