#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tool with TLS of others, both ways: openssl's s_client and s_server, and
Python's ssl. Versions 1.2 and 1.3, certificates on both sides, ALPN, names,
resumption, endings."""
import contextlib
import os
import select
import socket
import ssl
import tempfile
import threading

import certificates
import openssl_program
import tool
from tool import Program, expect

_AUTHORITY = certificates.Authority()
_SERVER = _AUTHORITY.issue('server')
_CLIENT = _AUTHORITY.issue('a client', names=['DNS:client'],
                           usage='clientAuth')
_VERSIONS = ('-tls1_2', ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), \
            ('-tls1_3', ssl.TLSVersion.TLSv1_3, 'TLSv1.3')
_TRUST = '-CAfile', _AUTHORITY.path, '-verify_return_error', '-verify_ip', \
         '127.0.0.1'


@contextlib.contextmanager
def _echo(*words, backend):
    with tool.echo('--cert', _SERVER.cert, '--key', _SERVER.key, *words,
                   'tls://127.0.0.1:0', backend=backend) as server:
        yield server.address()


def _connect(address, *words, backend, data=b''):
    return expect(0, '', 'connect', '--cafile', _AUTHORITY.path, *words,
                  address, backend=backend, data=data)


def _context(version, server=False):
    if server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_SERVER)
    else:
        context = ssl.create_default_context(cafile=_AUTHORITY.path)
    context.minimum_version = context.maximum_version = version
    return context


def _dial(address, context, **options):
    host, port = tool.split(address.removeprefix('tls://'))
    sock = socket.create_connection((host, port), tool.LIMIT)
    return context.wrap_socket(sock, server_hostname=host, **options)


class _Serving:
    """A server in Python for one connection of the tool's: serve(conn)."""

    def __init__(self, context, serve):
        self._result = []
        self._queue = socket.create_server(('127.0.0.1', 0))
        self._queue.settimeout(tool.LIMIT)
        self.address = f'tls://127.0.0.1:{self._queue.getsockname()[1]}'
        self._thread = threading.Thread(target=self._run,
                                        args=[context, serve])

    def _run(self, context, serve):
        try:
            with context.wrap_socket(tool.accept(self._queue),
                                     server_side=True) as conn:
                serve(conn)
        except Exception as error:  # pylint: disable=broad-except
            self._result.append(error)

    def __enter__(self):
        self._thread.start()
        return self.address

    def __exit__(self, kind, *_):
        self._thread.join(tool.LIMIT)
        self._queue.close()
        if kind is None and self._result:
            raise self._result[0]


def s_client_talks_to_echo(backend):
    with _echo(backend=backend) as address:
        for option, _, name in _VERSIONS:
            with openssl_program.client(address, option, *_TRUST,
                                        '-brief') as client:
                client.write(b'hello\n')
                assert client.line() == 'hello\n'
                client.end_input()
                told = client.rest('stderr').decode()
                assert f'Protocol version: {name}' in told, told
                assert 'Verification: OK' in told, told
                assert client.status() == 0


def s_client_shows_its_certificate_to_echo(backend):
    with _echo('--client-ca', _AUTHORITY.path, backend=backend) as address:
        for option, _, _ in _VERSIONS:
            with openssl_program.client(
                    address, option, *_TRUST, '-quiet', '-cert', _CLIENT.cert,
                    '-key', _CLIENT.key) as client:
                client.write(b'hello\n')
                assert client.line() == 'hello\n'
            with openssl_program.client(address, option, *_TRUST,
                                        '-quiet') as client:
                assert client.rest() == b''
                assert 'alert' in client.rest('stderr').decode()


def s_client_agrees_on_a_protocol_with_echo(backend):
    with _echo('--alpn', 'h2,http/1.1', backend=backend) as address:
        for option, _, _ in _VERSIONS:
            with openssl_program.client(address, option, *_TRUST, '-alpn',
                                        'http/1.1') as client:
                client.until('^ALPN protocol: http/1.1$')


def s_client_takes_its_session_up_again(backend):
    with _echo('--workers', '2', backend=backend) as address, \
         tempfile.TemporaryDirectory() as folder:
        for option, _, name in _VERSIONS:
            file = os.path.join(folder, name)
            for session, told in ('-sess_out', 'New'), ('-sess_in', 'Reused'):
                with openssl_program.client(address, option, *_TRUST, session,
                                            file) as client:
                    client.until(f'^{told}, ')
                    client.write(b'hello\n')
                    client.until('^hello$')
                    client.end_input()
                    assert client.status() == 0


def s_client_sends_to_listen(backend):
    data = os.urandom(200000).hex().encode() + b'\n'
    for option, _, _ in _VERSIONS:
        with Program('listen', '--cert', _SERVER.cert, '--key', _SERVER.key,
                     'tls://127.0.0.1:0', backend=backend) as server:
            address = server.address('stderr')
            with openssl_program.client(address, option, *_TRUST,
                                        '-brief') as client:
                thread = threading.Thread(target=lambda: (
                    client.write(data), client.end_input()))
                thread.start()
                assert server.rest() == data
                thread.join(tool.LIMIT)
                server.ends_with(0)


def connect_talks_to_s_server(backend):
    for option, _, name in _VERSIONS:
        program, address = openssl_program.server(_SERVER, option, '-rev',
                                                  '-naccept', '1')
        with program:
            with Program('connect', '--cafile', _AUTHORITY.path, address,
                         backend=backend, stdin=-1) as client:
                client.write(b'hello\n')
                assert client.line() == 'olleh\n'
                client.end_input()
                client.ends_with(0)
            assert name in program.rest('stderr').decode()


def connect_shows_its_certificate_to_s_server(backend):
    for option, _, _ in _VERSIONS:
        program, address = openssl_program.server(
            _SERVER, option, '-rev', '-CAfile', _AUTHORITY.path, '-Verify',
            '1', '-verify_return_error')
        with program:
            shows = '--cert', _CLIENT.cert, '--key', _CLIENT.key
            assert _connect(address, *shows, backend=backend,
                            data=b'hello\n') == b'olleh\n'
            expect(10, 'alert', 'connect', '--cafile', _AUTHORITY.path,
                   address, backend=backend, data=b'hello\n')


def connect_agrees_on_a_protocol_and_a_name_with_s_server(backend):
    other = _AUTHORITY.issue('other', names=['DNS:example.org'])
    for option, _, _ in _VERSIONS:
        program, address = openssl_program.server(
            _SERVER, option, '-rev', '-alpn', 'one,two', '-servername',
            'example.org', '-cert2', other.cert, '-key2', other.key)
        with program:
            for name, status in ('example.org', 0), ('localhost', 0), \
                                ('example.com', 9):
                expect(status, '', 'connect', '--cafile', _AUTHORITY.path,
                       '--servername', name, '--alpn', 'two', address,
                       backend=backend, data=b'x\n')


def _exchange(sock, data):
    """What comes back while it is sent, in one thread: Python's TLS has no
    place for two on a connection."""
    sock.setblocking(False)
    sent, got = 0, b''
    while len(got) < len(data):
        before = sent, len(got)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if sent < len(data):
                sent += sock.send(data[sent:sent + 65536])
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            part = sock.recv(65536)
            assert part, 'it ended'
            got += part
        if (sent, len(got)) == before:
            writes = [sock] if sent < len(data) else []
            assert any(select.select([sock], writes, [], tool.LIMIT))
    sock.settimeout(tool.LIMIT)
    return got


def python_talks_to_echo(backend):
    data = os.urandom(1 << 20)
    with _echo(backend=backend) as address:
        for _, version, name in _VERSIONS:
            with _dial(address, _context(version)) as sock:
                assert sock.version() == name
                for size in 1, 16383, 16384, 16385, 100000:
                    tool.answers(sock, data[:size])
                assert _exchange(sock, data) == data
                # Its goodbye is answered.
                sock.unwrap().close()


def python_shows_its_certificate_to_echo(backend):
    with _echo('--client-ca', _AUTHORITY.path, backend=backend) as address:
        for _, version, _ in _VERSIONS:
            context = _context(version)
            try:
                with _dial(address, context) as sock:
                    sock.recv(1)
                raise AssertionError('one without was let in')
            except (ssl.SSLError, ConnectionError):
                pass
            context.load_cert_chain(*_CLIENT)
            with _dial(address, context) as sock:
                tool.answers(sock)


def python_takes_its_session_up_again(backend):
    with _echo('--workers', '2', backend=backend) as address:
        for _, version, _ in _VERSIONS:
            context, session = _context(version), None
            for number in range(4):
                with _dial(address, context, session=session) as sock:
                    tool.answers(sock)
                    assert sock.session_reused == (number > 0), number
                    session = sock.session


def connect_talks_to_python(backend):
    data = os.urandom(3 << 20)

    def echo(conn):
        while piece := conn.recv(65536):
            conn.sendall(piece)
        conn.unwrap().close()

    for _, version, _ in _VERSIONS:
        with _Serving(_context(version, server=True), echo) as address:
            assert _connect(address, backend=backend, data=data) == data


def connect_shows_certificate_protocol_and_name_to_python(backend):
    seen = []

    def serve(conn):
        seen.append((conn.getpeercert()['subject'][0][0][1], conn.version(),
                     conn.selected_alpn_protocol()))
        conn.recv(1)
        conn.unwrap().close()

    for _, version, name in _VERSIONS:
        context = _context(version, server=True)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(_AUTHORITY.path)
        context.set_alpn_protocols(['one', 'two'])
        names = []
        context.sni_callback = lambda _, name, __, names=names: \
            names.append(name)
        with _Serving(context, serve) as address:
            _connect(address, '--cert', _CLIENT.cert, '--key', _CLIENT.key,
                     '--servername', 'localhost', '--alpn', 'three,two',
                     backend=backend)
        assert seen.pop() == ('a client', name, 'two')
        assert names == ['localhost'], names


def python_sends_to_listen(backend):
    data = os.urandom(1 << 20)
    for _, version, _ in _VERSIONS:
        with Program('listen', '--cert', _SERVER.cert, '--key', _SERVER.key,
                     'tls://127.0.0.1:0', backend=backend) as server:
            with _dial(server.address('stderr'), _context(version)) as sock:
                thread = threading.Thread(target=lambda: (
                    sock.sendall(data), sock.unwrap().close()))
                thread.start()
                assert server.rest() == data
                thread.join(tool.LIMIT)
                server.ends_with(0)


tool.run(globals())
