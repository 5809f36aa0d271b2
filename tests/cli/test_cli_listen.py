#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sennit listen."""
import os
import signal
import socket
import tempfile

import tool
from tool import Program, dial, expect


def _listen(*words, backend, **options):
    return Program('listen', *words, backend=backend, **options)


def prints_what_one_connection_sends(backend):
    data = bytes(range(256)) * 4000
    with _listen('localhost:0', backend=backend) as server:
        first, _ = server.address('stderr'), server.address('stderr')
        with dial(first) as sock:
            sock.settimeout(tool.LIMIT)
            sock.sendall(data[:1000])
            assert server.read(1) == data[:1]
            sock.sendall(data[1000:64000])
            sock.shutdown(socket.SHUT_WR)
            assert server.rest() == data[1:64000]
            server.ends_with(0)
            assert sock.recv(1) == b''


def takes_one_connection_only(backend):
    with _listen('127.0.0.1:0', backend=backend) as server:
        address = server.address('stderr')
        with dial(address) as sock:
            sock.sendall(b'x')
            assert server.read(1) == b'x'
            try:
                dial(address).close()
                raise AssertionError('a second one was let in')
            except ConnectionError:
                pass
        server.ends_with(0)


def keep_takes_many_at_once(backend):
    with _listen('--keep', 'localhost:0', backend=backend) as server:
        addresses = [server.address('stderr'), server.address('stderr')]
        socks = [dial(addresses[number % 2]) for number in range(20)]
        for number, sock in enumerate(reversed(socks)):
            sock.sendall(b'%02d' % number)
            assert server.read(2) == b'%02d' % number
        for sock in socks:
            sock.close()
        with dial(addresses[0]) as sock:
            sock.sendall(b'again')
            assert server.read(5) == b'again'
        server.signal(signal.SIGINT)
        server.ends_with(130)


def keep_goes_on_after_a_reset(backend):
    with _listen('--keep', '127.0.0.1:0', backend=backend) as server:
        address = server.address('stderr')
        bad = dial(address)
        bad.sendall(b'x')
        assert server.read(1) == b'x'
        tool.reset(bad)
        assert 'reset by peer' in server.line('stderr')
        with dial(address) as sock:
            sock.sendall(b'y')
            assert server.read(1) == b'y'
        server.signal(signal.SIGTERM)
        server.ends_with(143)


def a_reset_is_a_failure(backend):
    with _listen('127.0.0.1:0', backend=backend) as server:
        sock = dial(server.address('stderr'))
        sock.sendall(b'half')
        assert server.read(4) == b'half'
        tool.reset(sock)
        server.ends_with(6, 'reset by peer')


def nobody_coming_times_out(backend):
    with _listen('--timeout', '100ms', '127.0.0.1:0',
                 backend=backend) as server:
        server.address('stderr')
        server.ends_with(5, 'timed out')


def silence_times_out(backend):
    # The connection is there before the tool: nobody has to be quick.
    with tool.listener() as (queue, address), dial(address) as sock:
        sock.sendall(b'x')
        with _listen('--timeout', '200ms', f'fd:{queue.fileno()}',
                     backend=backend, pass_fds=[queue.fileno()]) as server:
            assert server.read(1) == b'x'
            server.ends_with(5, 'timed out')


def a_full_disk_is_a_failure(backend):
    for keep in [], ['--keep']:
        with open('/dev/full', 'wb') as full, \
             _listen(*keep, '127.0.0.1:0', backend=backend,
                     stdout=full) as server:
            with dial(server.address('stderr')) as sock:
                sock.sendall(b'x')
                server.ends_with(7, 'no space left')


def a_stdout_that_nobody_reads_is_a_failure(backend):
    with _listen('127.0.0.1:0', backend=backend) as server:
        address = server.address('stderr')
        server.process.stdout.close()
        with dial(address) as sock:
            sock.sendall(b'x')
            server.ends_with(7, 'stdout')


def datagrams_are_printed_whoever_sent_them(backend):
    def send(timeout, mark):
        with _listen('--timeout', timeout, 'udp://127.0.0.1:0',
                     backend=backend) as server:
            where = tool.split(server.address('stderr'))
            for data in b'one', b'', b'two':
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.sendto(data, where)
            mark()
            assert server.rest() == b'onetwo'
            server.ends_with(0)

    tool.in_time(0.3, send)


def no_datagram_at_all_times_out(backend):
    with _listen('--timeout', '100ms', 'udp://localhost:0',
                 backend=backend) as server:
        server.address('stderr')
        server.address('stderr')
        server.ends_with(5, 'timed out')


def a_signal_removes_the_unix_sockets_file(backend):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'x')
        for number, status in (signal.SIGINT, 130), (signal.SIGTERM, 143):
            with _listen(f'unix:{path}', backend=backend) as server:
                assert server.address('stderr') == f'unix:{path}'
                assert os.path.exists(path)
                server.signal(number)
                server.ends_with(status)
                assert not os.path.exists(path)


def a_port_in_use_is_told(backend):
    with tool.listener() as (_, address):
        expect(8, f'{address}: address already in use', 'listen', address,
               backend=backend)


def connect_and_listen_make_a_pipe(backend):
    data = os.urandom(10 << 20)
    with tempfile.TemporaryFile() as file:
        with _listen('127.0.0.1:0', backend=backend,
                     stdout=file) as server:
            address = server.address('stderr')
            expect(0, '', 'connect', address, backend=backend, data=data)
            server.ends_with(0)
        file.seek(0)
        assert file.read() == data


tool.run(globals())
