# SPDX-License-Identifier: MIT
"""The built tool as a child process, for the tests beside this file.

Tests take one argument, the backend, and run once for each:

    def echoes_what_it_gets(backend):
        with tool.Program('echo', 'localhost:0', backend=backend) as server:
            ...

    tool.run(globals())

Nothing here waits for time to pass: for a line, an end or an exit, and no
longer than LIMIT.
"""
import contextlib
import functools
import os
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time

import tap

SENNIT = os.path.join(tap.BUILD, 'sennit')
LIMIT = tap.LIMIT
BACKENDS = tap.backends()

# Whatever shell started the tests may have had them ignored.
for _number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(_number, signal.SIG_DFL)


# For the certificates that servers make: one that is killed leaves its own.
_RUNTIME = tempfile.TemporaryDirectory()


def _environment(backend, more=None):
    return {**os.environ, 'SENNIT_IO': backend,
            'XDG_RUNTIME_DIR': _RUNTIME.name, **(more or {})}


class Program:
    """A running tool; leaving its block ends it. env is what its environment
    has besides ours."""
    program = SENNIT

    def __init__(self, *words, backend, env=None, **options):
        options = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE,
                   'stderr': subprocess.PIPE, **options}
        self.process = subprocess.Popen([self.program, *words], bufsize=0,
                                        env=_environment(backend, env),
                                        **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        process = self.process
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    @property
    def pid(self):
        return self.process.pid

    def read(self, size, name='stdout'):
        """Up to size bytes; b'' at the end."""
        return _read(getattr(self.process, name).fileno(), size)

    def line(self, name='stdout'):
        line = b''
        while not line.endswith(b'\n'):
            byte = self.read(1, name)
            if not byte:
                break
            line += byte
        return line.decode()

    def address(self, name='stdout'):
        """The one told by the next line."""
        line = self.line(name)
        match = re.fullmatch(r'listening on (\S+)\n', line)
        assert match, f'{line!r} is not "listening on ADDR"'
        return match.group(1)

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view):]

    def end_input(self):
        self.process.stdin.close()

    def signal(self, number):
        self.process.send_signal(number)

    def rest(self, name='stdout'):
        """What is yet to come, to the end."""
        data = b''
        while piece := self.read(65536, name):
            data += piece
        return data

    def status(self):
        return self.process.wait(LIMIT)

    def ends_with(self, status, words=''):
        """Asserts the exit status, and words in the rest of stderr."""
        told = self.rest('stderr').decode() if self.process.stderr else ''
        code = self.status()
        assert code == status, f'status {code}, not {status}: {told}'
        assert words in told, f'{words!r} is not in {told!r}'
        return told


def _read(fd, size):
    ready, _, _ = select.select([fd], [], [], LIMIT)
    assert ready, f'nothing came in {LIMIT} seconds'
    return os.read(fd, size)


def once(*words, backend, data=b'', **options):
    """Runs the tool to its end: status, stdout, stderr as text."""
    options = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **options}
    if 'stdin' not in options:
        options['input'] = data
    done = subprocess.run([SENNIT, *words], env=_environment(backend),
                          timeout=LIMIT, check=False, **options)
    return done.returncode, done.stdout, (done.stderr or b'').decode()


def expect(status, words, *args, **options):
    """once() with that status and those words on stderr; gives its stdout."""
    code, out, told = once(*args, **options)
    assert code == status, f'status {code}, not {status}: {told}'
    assert words in told, f'{words!r} is not in {told!r}'
    return out


def echo(*words, backend, **options):
    return Program('echo', *words, backend=backend, **options)


def dial(address):
    """A Python socket connected to an address as the tool prints it."""
    if address.startswith('unix:'):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(LIMIT)
        path = address[5:]
        sock.connect('\0' + path[1:] if path.startswith('@') else path)
        return sock
    host, port = split(address)
    return socket.create_connection((host, port), LIMIT)


def split(address):
    host, port = address.removeprefix('udp://').rsplit(':', 1)
    return host.strip('[]'), int(port)


@contextlib.contextmanager
def listener(family=socket.AF_INET, host='127.0.0.1', backlog=16):
    """A Python listening socket, and its address as text."""
    with socket.socket(family) as sock:
        sock.settimeout(LIMIT)
        sock.bind((host, 0))
        sock.listen(backlog)
        yield sock, f'{host}:{sock.getsockname()[1]}'


def accept(sock):
    conn, _ = sock.accept()
    conn.settimeout(LIMIT)
    return conn


def receive(sock, size):
    """Exactly size bytes, or fewer at the end."""
    data = b''
    while len(data) < size and (piece := sock.recv(size - len(data))):
        data += piece
    return data


def receive_all(sock):
    data = b''
    while piece := sock.recv(65536):
        data += piece
    return data


def reset(sock):
    """Closes with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
    sock.close()


def answers(sock, data=b'there?'):
    sock.sendall(data)
    got = receive(sock, len(data))
    assert got == data, f'{got!r} came back, not {data!r}'


def is_gone(sock):
    """Whether the other side ends the connection, one way or the other."""
    try:
        return sock.recv(1) == b''
    except ConnectionError:
        return True


def in_time(seconds, test):
    """For a test that has to be quicker than a timeout of the tool's: calls
    test(timeout, mark), and again with more time if it fails where two
    stretches between marks were longer than the timeout."""
    while True:
        times = [time.monotonic()]
        try:
            test(f'{seconds}s', lambda: times.append(time.monotonic()))
            return
        except AssertionError:
            times = [times[0], *times, time.monotonic()]
            longest = max(b - a for a, b in zip(times, times[2:]))
            seconds *= 4
            if longest < seconds / 4 or seconds > LIMIT:
                raise


def run(names):
    for backend in BACKENDS:
        out = expect(0, '', '--version', backend=backend)
        assert f'backend {backend} '.encode() in out, out
    for name, test in list(names.items()):
        if not callable(test) or name.startswith('_') or \
           getattr(test, '__module__', '') != names['__name__']:
            continue
        del names[name]
        for backend in BACKENDS:
            each = functools.partial(test, backend)
            each.__name__ = f'{name}_on_{backend}'
            each.__module__ = names['__name__']
            names[each.__name__] = each
    tap.run(names)
