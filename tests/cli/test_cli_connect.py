#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sennit connect."""
import fcntl
import os
import signal
import socket
import subprocess
import tempfile

import tool
from tool import Program, expect


def _connect(*words, backend, **options):
    return Program('connect', *words, backend=backend,
                   **{'stdin': subprocess.PIPE, **options})


def sends_stdin_and_prints_what_comes_back(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        client.write(b'question\n')
        assert tool.receive(conn, 9) == b'question\n'
        conn.sendall(b'answer\n')
        assert client.line() == 'answer\n'
        client.end_input()
        assert tool.receive_all(conn) == b''
        conn.close()
        client.ends_with(0)


def receives_after_its_own_end(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        client.write(b'all of it')
        client.end_input()
        assert tool.receive_all(conn) == b'all of it'
        conn.sendall(b'late')
        conn.close()
        assert client.rest() == b'late'
        client.ends_with(0)


def sends_on_after_the_other_sides_end(backend):
    data = os.urandom(4 << 20)
    with tool.listener() as (server, address), \
         tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with _connect(address, backend=backend, stdin=file) as client:
            conn = tool.accept(server)
            conn.sendall(b'bye')
            conn.shutdown(socket.SHUT_WR)
            assert tool.receive_all(conn) == data
            conn.close()
            client.ends_with(0)


def exits_when_the_other_side_has_closed(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        conn.sendall(b'bye')
        conn.close()
        assert client.rest() == b'bye'
        client.ends_with(0)  # though stdin is still open


def a_reset_is_a_failure(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        conn.sendall(b'half')
        assert client.read(4) == b'half'
        tool.reset(conn)
        client.ends_with(6, 'reset by peer')


def bytes_for_a_peer_that_is_gone_are_a_failure(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        conn.sendall(b'bye')
        conn.close()
        assert client.read(3) == b'bye'
        client.write(b'too late')
        client.end_input()
        client.ends_with(6)


def a_reset_after_all_has_arrived_and_ended_is_none(backend):
    with tool.listener() as (server, address), \
         _connect(address, backend=backend) as client:
        conn = tool.accept(server)
        client.write(b'question')
        assert tool.receive(conn, 8) == b'question'
        conn.sendall(b'answer')
        # Closed, it resets as soon as its end has been acknowledged.
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, -1)
        conn.close()
        assert client.rest() == b'answer'
        client.ends_with(0)


def a_unix_peer_that_did_not_read_is_a_failure(backend):
    name = f'\0sennit-unread-{os.getpid()}-{backend}'
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(tool.LIMIT)
        server.bind(name)
        server.listen()
        with _connect(f'unix:@{name[1:]}', backend=backend) as client:
            conn = tool.accept(server)
            client.write(b'unread')
            assert conn.recv(1, socket.MSG_PEEK) == b'u'
            conn.close()
            client.ends_with(6)


def every_byte_passes_unchanged(backend):
    data = bytes(range(256)) * 300
    with tool.echo('localhost:0', backend=backend) as server:
        for address in server.address(), server.address():
            assert expect(0, '', 'connect', address, backend=backend,
                          data=data) == data


def a_closed_stdin_is_an_empty_one(backend):
    with tool.echo('localhost:0', backend=backend) as server:
        address = server.address()
        assert expect(0, '', 'connect', address, backend=backend, stdin=None,
                      preexec_fn=lambda: os.close(0)) == b''


def nobody_there_is_refused(backend):
    # A port of both families that is taken, so that nobody else listens there.
    with socket.socket(socket.AF_INET6) as taken:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        taken.bind(('::', 0))
        port = taken.getsockname()[1]
        told = expect(4, 'connection refused', 'connect', f'127.0.0.1:{port}',
                      backend=backend)
        assert told == b''
        expect(4, '[::1]', 'connect', f'localhost:{port}', backend=backend)
    expect(4, 'no such file', 'connect', 'unix:/nonexistent/x',
           backend=backend)


def an_address_that_is_none_is_told(backend):
    for address in 'localhost', '127.0.0.1:99999', 'nosuch.invalid:80', '::1':
        expect(3, 'sennit: ', 'connect', address, backend=backend)


def a_silent_address_times_out(backend):
    with tool.listener(backlog=0) as (_, address):
        host, port = tool.split(address)
        fill = []
        for _ in range(4):  # the queue is full, further calls stay unanswered
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((host, port))
            fill.append(sock)
        expect(5, 'timed out', 'connect', '--timeout', '200ms', address,
               backend=backend)
        for sock in fill:
            sock.close()


def silence_times_out(backend):
    with tool.listener() as (server, address), \
         _connect('--timeout', '0.2', address, backend=backend) as client:
        conn = tool.accept(server)
        client.ends_with(5, 'timed out')
        conn.close()


def a_stalled_peer_times_out(backend):
    with tool.listener() as (server, address), \
         open('/dev/zero', 'rb') as zero, \
         _connect('--timeout', '300ms', address, backend=backend,
                  stdin=zero) as client:
        conn = tool.accept(server)
        client.ends_with(5, 'timed out')
        conn.close()


def bytes_either_way_put_the_timeout_off(backend):
    """Twelve steps of a tenth of the timeout each, one way only."""
    def talk(timeout, mark):
        with tool.listener() as (server, address), \
             _connect('--timeout', timeout, address,
                      backend=backend) as client:
            conn = tool.accept(server)
            mark()
            for _ in range(12):
                try:
                    conn.settimeout(float(timeout[:-1]) / 10)
                    conn.recv(1)
                except TimeoutError:
                    pass
                conn.sendall(b'.')
                assert client.read(1) == b'.'
                mark()
            conn.close()
            client.ends_with(0)

    tool.in_time(0.5, talk)


def a_full_disk_is_a_failure(backend):
    with tool.echo('127.0.0.1:0', backend=backend) as server, \
         open('/dev/full', 'wb') as full:
        expect(7, 'no space left', 'connect', server.address(),
               backend=backend, data=b'x', stdout=full)


def a_stdout_that_nobody_reads_is_a_failure(backend):
    with tool.echo('127.0.0.1:0', backend=backend) as server, \
         _connect(server.address(), backend=backend) as client:
        client.process.stdout.close()
        client.write(b'x')
        client.ends_with(7, 'stdout')


def a_closed_stdout_is_a_failure(backend):
    with tool.echo('127.0.0.1:0', backend=backend) as server:
        expect(7, 'stdout', 'connect', server.address(), backend=backend,
               data=b'x', stdout=None, preexec_fn=lambda: os.close(1))


def datagrams_go_and_come(backend):
    with tool.echo('udp://localhost:0', backend=backend) as server:
        for address in server.address(), server.address():
            assert expect(0, '', 'connect', address, backend=backend,
                          data=b'hello') == b'hello'


def each_write_to_stdin_is_a_datagram(backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.settimeout(tool.LIMIT)
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
        with _connect(f'udp://127.0.0.1:{port}', backend=backend) as client:
            for data in b'one\n', b'two\n':
                client.write(data)
                got, sender = server.recvfrom(100)
                assert got == data
            server.sendto(b'', sender)
            server.sendto(b'answer', sender)
            assert client.read(10) == b'answer'
            client.end_input()
            client.ends_with(0)


def datagrams_nobody_wants_are_refused(backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
        # Deaf to all but itself, but nobody else can have the port.
        server.connect(('127.0.0.1', port))
        expect(4, 'connection refused', 'connect', f'udp://127.0.0.1:{port}',
               backend=backend, data=b'x')


def datagrams_nobody_answers_time_out_if_asked_to(backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))
        address = f'udp://127.0.0.1:{server.getsockname()[1]}'
        expect(5, 'no answer', 'connect', '--timeout', '200ms', address,
               backend=backend, data=b'x')
        expect(0, '', 'connect', address, backend=backend, data=b'x')


def a_connected_descriptor_is_used(backend):
    one, other = socket.socketpair()
    with one, _connect(f'fd:{other.fileno()}', backend=backend,
                       pass_fds=[other.fileno()]) as client:
        other.close()
        one.sendall(b'in')
        assert client.read(2) == b'in'
        client.write(b'out')
        client.end_input()
        assert tool.receive_all(one) == b'out'
        one.close()
        client.ends_with(0)


def signals_end_it_with_their_number(backend):
    for number, status in (signal.SIGINT, 130), (signal.SIGTERM, 143):
        with tool.listener() as (server, address), \
             _connect(address, backend=backend) as client:
            conn = tool.accept(server)
            client.write(b'x')
            assert tool.receive(conn, 1) == b'x'
            client.signal(number)
            assert client.ends_with(status) == ''
            conn.close()


def the_flags_of_its_descriptors_stay(backend):
    read, write = os.pipe()
    out, into = os.pipe()
    with tool.listener() as (server, address), \
         _connect(address, backend=backend, stdin=read,
                  stdout=into) as client:
        conn = tool.accept(server)
        conn.sendall(b'x')
        assert os.read(out, 1) == b'x'
        for fd in read, into:
            assert not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
        conn.close()
        client.ends_with(0)
    for fd in read, write, out, into:
        os.close(fd)


tool.run(globals())
