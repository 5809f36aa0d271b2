# SPDX-License-Identifier: MIT
"""Both ends of a lesson: an example that runs, and Python at the other end.

No sleeps and no fixed ports: a server says where it listens, and every wait is
for a line, for bytes or for an end, with LIMIT seconds at most.
"""
import contextlib
import os
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import tap

LIMIT = tap.LIMIT
BACKENDS = tap.backends()
POLLERS = {'eventpoll': 'epoll', 'io_uring': 'uring'}
FAMILIES = {'ipv4': '127.0.0.1', 'ipv6': '::1'}
SANITIZED = bool(os.environ.get('SENNIT_CFLAGS'))
CC = shlex.split(os.environ.get('CC', 'cc'))
CFLAGS = shlex.split(os.environ.get('SENNIT_CFLAGS', ''))
WARNINGS = '-Wall -Wextra -Wconversion -Wshadow -pedantic -Werror'.split()


def in_each_world(names):
    """Makes name(backend, host) one test for each backend and IP version."""
    def register(function):
        for backend in BACKENDS:
            for family, host in FAMILIES.items():
                def test(backend=backend, host=host):
                    function(backend, host)
                test.__name__ = f'{function.__name__}_{backend}_{family}'
                test.__module__ = names['__name__']
                names[test.__name__] = test
    return register


def addr(host, port):
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def equal(got, wanted):
    assert got == wanted, f'got {got!r}, not {wanted!r}'


def program(name):
    path = os.path.join(tap.BUILD, 'examples', name)
    assert os.access(path, os.X_OK), f'{path} was not built'
    return path


def compiled(text, where, name='program'):
    """The path of a program that has that text, linked with the library, or the
    libraries where it is about JSON."""
    path = os.path.join(where, name)
    with open(path + '.c', 'w', encoding='utf-8') as file:
        file.write(text)
    folders, others = ['src'], ['-lsennit']
    if '#include <sennit/json.h>' in text:
        folders.append('json')
        others = ['-lsennit-json', *others, *tap.dependency('jansson')]
    for part in folders:
        library = os.path.join(tap.BUILD, part)
        others += ['-L', library, f'-Wl,-rpath,{library}']
    result = tap.shell(
        *CC, '-std=c17', *WARNINGS, *CFLAGS, path + '.c',
        '-I', os.path.join(tap.SOURCE, 'include'), '-o', path, *others,
        '-Wl,-z,now')
    equal((result.returncode, result.stdout), (0, ''))
    return path


def environment(backend, **more):
    env = {**os.environ, **more}
    env.pop('SENNIT_IO', None)
    return {**env, 'SENNIT_IO': backend} if backend else env


class Output:
    """A pipe that an example writes to, read line by line."""

    def __init__(self, file):
        self.file = file
        self.text = b''

    def _more(self, deadline):
        left = max(0, deadline - time.monotonic())
        ready = select.select([self.file], [], [], left)[0]
        assert ready, f'no more in {LIMIT} s after {self.text!r}'
        part = os.read(self.file.fileno(), 65536)
        self.text += part
        return part

    def line(self):
        deadline = time.monotonic() + LIMIT
        while b'\n' not in self.text:
            assert self._more(deadline), f'it ended after {self.text!r}'
        line, _, self.text = self.text.partition(b'\n')
        return line.decode()

    def rest(self):
        deadline = time.monotonic() + LIMIT
        while self._more(deadline):
            pass
        text, self.text = self.text.decode(), b''
        return text


class Server:
    """A server example, running until the `with` ends."""

    def __init__(self, name, backend, host, *words):
        self.name, self.backend, self.host = name, backend, host
        self.process = subprocess.Popen(
            [program(name), *words, addr(host, 0)], env=environment(backend),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.out = Output(self.process.stdout)
        self.err = Output(self.process.stderr)
        try:
            first = self.out.line()
            assert first.startswith('listening on '), first
            self.addr = first.removeprefix('listening on ')
            self.port = int(self.addr.rpartition(':')[2])
            if host in FAMILIES.values():
                equal(self.addr, addr(host, self.port))
        except BaseException:
            self._kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._kill()

    def _kill(self):
        # With all processes that it started: they hold the pipes open.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def connect(self, host=None):
        return socket.create_connection((host or self.host, self.port), LIMIT)

    def threads(self):
        return len(os.listdir(f'/proc/{self.process.pid}/task'))

    def pollers(self):
        """What its descriptors say that it waits with, besides poll(2)."""
        where = f'/proc/{self.process.pid}/fd'
        found = set()
        for fd in os.listdir(where):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                link = os.readlink(os.path.join(where, fd))
                found |= {name for word, name in POLLERS.items()
                          if word in link}
        return found

    def waits_on_its_backend(self):
        """Sooner or later: when its client was quicker, it first waits for
        the next one."""
        wanted = {self.backend} - {'direct'}
        tap.soon(lambda: self.pollers() == wanted, f'just {wanted}')

    def ends(self, code=0, error=''):
        """It ends by itself, and says nothing but error."""
        equal((self.process.wait(LIMIT), self.out.rest(), self.err.rest()),
              (code, '', error))


def client(name, backend, *words, text=''):
    """Runs a client to its end: (status, output, errors)."""
    done = subprocess.run([program(name), *words], env=environment(backend),
                          input=text, text=True, capture_output=True,
                          timeout=LIMIT, check=False)
    return done.returncode, done.stdout, done.stderr


def recv_all(sock):
    data = b''
    while part := sock.recv(65536):
        data += part
    return data


def recv_exact(sock, size):
    data = b''
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part, f'it ended after {data!r}'
        data += part
    return data


def asks(sock, text):
    """Sends and expects the same back."""
    sock.sendall(text)
    equal(recv_exact(sock, len(text)), text)


def reset(sock):
    """Closes by RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
    sock.close()


@contextlib.contextmanager
def python_server(host, *handlers, kind=socket.SOCK_STREAM):
    """Python as the server: each handler gets one connection (or, for
    datagrams, the socket). Yields its address as text; a handler's failure is
    the test's."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    failures = []
    with socket.socket(family, kind) as server:
        server.settimeout(LIMIT)
        server.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            server.listen()

        def serve():
            try:
                for handle in handlers:
                    if kind == socket.SOCK_DGRAM:
                        handle(server)
                        continue
                    conn = server.accept()[0]
                    conn.settimeout(LIMIT)
                    with conn:
                        handle(conn)
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield addr(host, server.getsockname()[1])
        thread.join(LIMIT)
        assert not thread.is_alive(), 'the Python server still waits'
    if failures:
        raise failures[0]


@contextlib.contextmanager
def refusing(host):
    """An address where nobody listens, and nobody can begin to."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        yield addr(host, taken.getsockname()[1])


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp()
    try:
        yield path
    finally:
        shutil.rmtree(path)
