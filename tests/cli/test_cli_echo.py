#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sennit echo."""
import hashlib
import os
import resource
import signal
import socket
import subprocess
import tempfile

import tap
import tool
from tool import answers, dial, echo


def _udp(address):
    host, port = tool.split(address)
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(tool.LIMIT)
    sock.connect((host, port))
    return sock


def localhost_is_both_families_with_one_port(backend):
    with echo('localhost:0', backend=backend) as server:
        first, second = server.address(), server.address()
        assert {tool.split(first)[0], tool.split(second)[0]} == \
            {'::1', '127.0.0.1'}, (first, second)
        assert tool.split(first)[1] == tool.split(second)[1] != 0


def python_gets_its_bytes_back_over_ipv4_and_ipv6(backend):
    with echo('localhost:0', backend=backend) as server:
        for address in server.address(), server.address():
            with dial(address) as sock:
                answers(sock, b'hello')
                answers(sock, bytes(range(256)) * 1000)


def nc_gets_its_bytes_back_over_ipv4_and_ipv6(backend):
    with echo('localhost:0', backend=backend) as server:
        for address in server.address(), server.address():
            host, port = tool.split(address)
            done = subprocess.run(['nc', '-N', host, str(port)],
                                  input=b'from nc\n', check=False,
                                  stdout=subprocess.PIPE, timeout=tool.LIMIT)
            assert done.stdout == b'from nc\n', done


def every_interface_is_a_colon_and_a_port(backend):
    with echo(':0', backend=backend) as server:
        port = tool.split(server.address())[1]
        for host in '127.0.0.1', '[::1]':
            with dial(f'{host}:{port}') as sock:
                answers(sock)


def a_unix_socket_is_served_and_its_file_removed(backend):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'echo.sock')
        with echo(f'unix:{path}', backend=backend) as server:
            assert server.address() == f'unix:{path}'
            with dial(f'unix:{path}') as sock:
                answers(sock)
            server.signal(signal.SIGTERM)
            server.ends_with(0)
            assert not os.path.exists(path)


def an_abstract_unix_socket_is_served(backend):
    name = f'unix:@sennit-test-{os.getpid()}-{backend}'
    with echo(name, backend=backend) as server:
        assert server.address() == name
        with dial(name) as sock:
            answers(sock)


def datagrams_come_back_to_their_sender(backend):
    with echo('udp://localhost:0', backend=backend) as server:
        for address in server.address(), server.address():
            assert address.startswith('udp://'), address
            with _udp(address) as one, _udp(address) as other:
                for data in b'one', b'', b'x' * 60000:
                    one.send(data)
                    other.send(data + b'!')
                    assert one.recv(65536) == data
                    assert other.recv(65536) == data + b'!'


def several_addresses_are_told_at_once_in_order(backend):
    name = f'unix:@sennit-several-{os.getpid()}-{backend}'
    with echo('127.0.0.1:0', 'udp://127.0.0.1:0', name, 'tcp://[::1]:0',
              backend=backend) as server:
        tcp, udp, unix, six = (server.address() for _ in range(4))
        assert unix == name
        for address in tcp, unix, six:
            with dial(address) as sock:
                answers(sock)
        with _udp(udp) as sock:
            sock.send(b'u')
            assert sock.recv(10) == b'u'


def a_listening_descriptor_is_served(backend):
    with tool.listener() as (sock, address):
        with echo(f'fd:{sock.fileno()}', backend=backend,
                  pass_fds=[sock.fileno()]) as server:
            assert server.address() == address
            with dial(address) as conn:
                answers(conn)


def workers_each_have_a_thread_and_all_serve(backend):
    with echo('--workers', '3', 'localhost:0', 'udp://127.0.0.1:0',
              backend=backend) as server:
        first, second, udp = (server.address() for _ in range(3))
        socks = [dial(address) for address in [first, second] * 30]
        for sock in socks:
            answers(sock)
        threads = len(os.listdir(f'/proc/{server.pid}/task'))
        assert threads >= 3, threads
        for _ in range(20):
            with _udp(udp) as sock:
                sock.send(b'u')
                assert sock.recv(10) == b'u'
        for sock in socks:
            sock.close()
        server.signal(signal.SIGTERM)
        server.ends_with(0)


def workers_leave_unix_sockets_to_the_first(backend):
    name = f'unix:@sennit-workers-{os.getpid()}-{backend}'
    with echo('--workers', '2', name, backend=backend) as server:
        server.address()
        socks = [dial(name) for _ in range(10)]
        for sock in socks:
            answers(sock)
            sock.close()


def after_sigterm_open_connections_may_finish(backend):
    for workers in '1', '2':
        with echo('--grace', '50s', '--workers', workers, 'localhost:0',
                  backend=backend) as server:
            address = server.address()
            socks = [dial(address) for _ in range(5)]
            for sock in socks:
                answers(sock)
            server.signal(signal.SIGTERM)
            tap.soon(lambda: _refused(address), 'a closed port')
            for sock in socks:
                answers(sock, b'still there?')
                sock.close()
            server.ends_with(0)


def _refused(address):
    try:
        dial(address).close()
    except ConnectionError:
        return True
    return False


def after_sigint_it_exits_with_zero(backend):
    with echo('localhost:0', backend=backend) as server:
        server.address()
        server.signal(signal.SIGINT)
        server.ends_with(0)


def what_is_idle_is_cut_after_the_grace(backend):
    for workers in '1', '2':
        with echo('--grace', '200ms', '--workers', workers, 'localhost:0',
                  backend=backend) as server:
            with dial(server.address()) as sock:
                answers(sock)
                server.signal(signal.SIGTERM)
                assert tool.is_gone(sock)
            server.ends_with(0)


def no_grace_cuts_at_once(backend):
    with echo('--grace', '0', 'localhost:0', backend=backend) as server:
        with dial(server.address()) as sock:
            answers(sock)
            server.signal(signal.SIGTERM)
            assert tool.is_gone(sock)
        server.ends_with(0)


def a_second_signal_ends_it_at_once(backend):
    for first, second, status in ((signal.SIGTERM, signal.SIGTERM, 143),
                                  (signal.SIGTERM, signal.SIGINT, 130)):
        with echo('--grace', '1h', 'localhost:0', backend=backend) as server:
            address = server.address()
            with dial(address) as sock:
                answers(sock)
                server.signal(first)
                tap.soon(lambda a=address: _refused(a), 'a closed port')
                server.signal(second)
                server.ends_with(status)


def a_second_server_is_told_the_address_is_in_use(backend):
    with tempfile.TemporaryDirectory() as folder:
        for workers in '1', '2':
            with echo('--workers', workers, '127.0.0.1:0', 'udp://127.0.0.1:0',
                      f'unix:{folder}/s', backend=backend) as server:
                for _ in range(3):
                    address = server.address()
                    for count in '1', '2':
                        out = tool.expect(8, 'address already in use', 'echo',
                                          '--workers', count, address,
                                          backend=backend)
                        assert out == b''


def nothing_is_told_when_one_address_fails(backend):
    with tool.listener() as (_, taken):
        out = tool.expect(8, taken, 'echo', 'localhost:0', taken,
                          backend=backend)
        assert out == b'', out


def bad_addresses_are_told_apart(backend):
    for address in ('localhost', 'localhost:65536', '1.2.3:4', '[::1:7', '',
                    'unix:', 'http://localhost:80', 'udp://unix:/tmp/x',
                    '127.0.0.1:x y', 'nosuch.invalid:1'):
        tool.expect(3, 'sennit: ', 'echo', address, backend=backend)


def a_reset_ends_only_its_connection(backend):
    with echo('--verbose', '127.0.0.1:0', backend=backend) as server:
        address = server.address()
        with dial(address) as good:
            answers(good)
            bad = dial(address)
            answers(bad)
            tool.reset(bad)
            told = server.line('stderr')
            assert 'reset by peer' in told, told
            answers(good)
        server.signal(signal.SIGTERM)
        server.ends_with(0, '1 connections or datagrams failed')


def a_client_that_does_not_read_loses_nothing(backend):
    data = os.urandom(8 << 20)
    with echo('127.0.0.1:0', backend=backend) as server:
        with dial(server.address()) as sock, \
             tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            child = os.fork()
            if child == 0:
                sock.sendfile(file)
                sock.shutdown(socket.SHUT_WR)
                os._exit(0)
            got = tool.receive_all(sock)
            os.waitpid(child, 0)
            assert got == data, len(got)


def a_hundred_megabytes_arrive_intact(backend):
    data = os.urandom(1 << 20) * 100
    with echo('localhost:0', backend=backend) as server, \
         tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        out = tool.expect(0, '', 'connect', server.address(), backend=backend,
                          stdin=file)
        assert len(out) == len(data)
        assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()


def used_up_descriptors_do_not_end_it(backend):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    with echo('127.0.0.1:0', backend=backend, preexec_fn=few) as server:
        address = server.address()
        socks = [dial(address) for _ in range(40)]
        for sock in socks:
            sock.sendall(b'x')
        assert tool.receive(socks[0], 1) == b'x'
        # The last ones wait in the queue until the first have gone.
        socks[-1].settimeout(0)
        try:
            raise AssertionError(socks[-1].recv(1))
        except BlockingIOError:
            socks[-1].settimeout(tool.LIMIT)
        socks[0].close()
        for sock in socks[1:-1]:
            assert tool.receive(sock, 1) == b'x'
            sock.close()
        assert tool.receive(socks[-1], 1) == b'x'
        socks[-1].close()
        with dial(address) as sock:
            answers(sock)


def hundreds_of_connections_at_once_are_served(backend):
    with echo('127.0.0.1:0', backend=backend) as server:
        address = server.address()
        socks = [dial(address) for _ in range(400)]
        for number, sock in enumerate(socks):
            sock.sendall(b'%d' % number)
        for number, sock in enumerate(socks):
            assert tool.receive(sock, len(str(number))) == b'%d' % number
            sock.close()


def a_line_that_cannot_be_printed_is_a_failure(backend):
    with open('/dev/full', 'wb') as full:
        tool.expect(7, 'stdout: no space left', 'echo', 'localhost:0',
                    backend=backend, stdout=full)
    tool.expect(7, 'stdout', 'echo', 'localhost:0', backend=backend,
                stdout=None, preexec_fn=lambda: os.close(1))


tool.run(globals())
