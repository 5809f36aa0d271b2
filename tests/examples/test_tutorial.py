#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The twins of the classic Python programs do what they say.

Each on every backend, over IPv4 and IPv6, against its own other half and
against Python's socket module; with the whole output of both ends.
"""
import contextlib
import glob
import os
import resource
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import (LIMIT, Server, addr, asks, client, equal, in_each_world,
                  python_server, recv_all, recv_exact, refusing, reset)

each_world = in_each_world(globals())

HELLO = b'hello, world\n'
ANSWER = bytes(ord('a') + i % 26 for i in range(1000 * 1000))


def every_program_has_at_most_sixty_lines():
    sources = glob.glob(os.path.join(tap.SOURCE, 'examples', 'tutorial', '*.c'))
    assert len(sources) >= 14, sources
    for source in sources:
        with open(source, encoding='utf-8') as file:
            count = len(file.readlines())
        assert count <= 60, f'{source}: {count} lines'


@each_world
def hello_server_greets_hello_client(backend, host):
    with Server('hello_server', backend, host) as server:
        equal(client('hello_client', backend, server.addr),
              (0, 'the server says: hello, world\n', ''))
        server.ends()


@each_world
def hello_server_greets_python(backend, host):
    with Server('hello_server', backend, host) as server:
        with server.connect() as conn:
            equal(recv_all(conn), HELLO)
        server.ends()


@each_world
def hello_client_listens_to_python(backend, host):
    def in_pieces(conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in HELLO:
            conn.send(bytes([byte]))
        equal(recv_all(conn), b'')

    with python_server(host, in_pieces) as where:
        equal(client('hello_client', backend, where),
              (0, 'the server says: hello, world\n', ''))


@each_world
def hello_client_tells_of_a_greeting_cut_short(backend, host):
    with python_server(host, lambda conn: conn.sendall(b'hel'),
                       lambda conn: None) as where:
        equal(client('hello_client', backend, where),
              (1, '', f'hello_client: recv_until from {where}: '
                      'stream ended inside a message\n'))
        equal(client('hello_client', backend, where),
              (1, '', 'hello_client: the server said nothing\n'))


@each_world
def a_second_hello_server_finds_the_port_taken(backend, host):
    with Server('hello_server', backend, host) as server:
        equal(client('hello_server', backend, server.addr),
              (1, '', f'hello_server: listen on {server.addr}: '
                      'address already in use (tried for 250 ms)\n'))


@each_world
def echo_server_talks_with_echo_client(backend, host):
    with Server('echo_server', backend, host) as server:
        equal(client('echo_client', backend, server.addr,
                     text='one\ntwo\nno newline'),
              (0, 'echo: one\necho: two\necho: no newline', ''))
        server.ends()


@each_world
def echo_server_talks_with_python(backend, host):
    with Server('echo_server', backend, host) as server:
        with server.connect() as conn:
            asks(conn, b'hello')
            asks(conn, b'\0' * 5000)
            conn.sendall(b'the last words')
            conn.shutdown(socket.SHUT_WR)
            equal(recv_all(conn), b'the last words')
        server.ends()


@each_world
def echo_server_tells_of_a_reset(backend, host):
    with Server('echo_server', backend, host) as server:
        conn = server.connect()
        asks(conn, b'hello')
        peer = addr(host, conn.getsockname()[1])
        reset(conn)
        server.ends(1, f'echo_server: recv from {peer}: '
                       'connection reset by peer\n')


@each_world
def echo_client_talks_with_python(backend, host):
    def echo(conn):
        for _ in range(2):
            for byte in recv_exact(conn, 4):
                conn.send(bytes([byte]))
        equal(recv_all(conn), b'')

    with python_server(host, echo) as where:
        equal(client('echo_client', backend, where, text='one\ntwo\n'),
              (0, 'echo: one\necho: two\n', ''))


@each_world
def echo_client_tells_when_the_server_leaves(backend, host):
    def leave(conn):
        recv_exact(conn, 4)

    def leave_inside(conn):
        conn.sendall(recv_exact(conn, 4)[:3])

    with python_server(host, leave, leave_inside) as where:
        equal(client('echo_client', backend, where, text='one\n'),
              (1, '', 'echo_client: the server hung up\n'))
        equal(client('echo_client', backend, where, text='two\n'),
              (1, '', f'echo_client: recv_exact from {where}: '
                      'stream ended inside a message\n'))


@each_world
def loop_server_takes_one_client_after_the_other(backend, host):
    with Server('loop_server', backend, host) as server:
        for text in 'first\n', 'second\n', 'third\n':
            equal(client('echo_client', backend, server.addr, text=text),
                  (0, 'echo: ' + text, ''))
        # Two at a time: the later one waits for its turn.
        with server.connect() as first, server.connect() as second:
            second.sendall(b'may I?')
            asks(first, b'hello')
            first.close()
            equal(recv_exact(second, 6), b'may I?')
        server.waits_on_its_backend()


@each_world
def loop_server_survives_a_reset(backend, host):
    with Server('loop_server', backend, host) as server:
        conn = server.connect()
        asks(conn, b'hello')
        peer = addr(host, conn.getsockname()[1])
        reset(conn)
        equal(server.err.line(), f'loop_server: recv from {peer}: '
                                 'connection reset by peer')
        with server.connect() as conn:
            asks(conn, b'still there?')


@each_world
def long_answer_client_reads_all_of_it_both_ways(backend, host):
    with Server('long_answer_server', backend, host) as server:
        equal(client('long_answer_client', backend, server.addr),
              (0, 'in pieces: 1000000 of 1000000 bytes\n'
                  'at once: 1000000 of 1000000 bytes\n', ''))
        server.waits_on_its_backend()


@each_world
def long_answer_server_gives_python_the_same(backend, host):
    with Server('long_answer_server', backend, host) as server:
        with server.connect() as conn:
            size, = struct.unpack('!I', recv_exact(conn, 4))
            equal(size, len(ANSWER))
            assert recv_all(conn) == ANSWER


@each_world
def long_answer_client_reads_what_python_sends(backend, host):
    def in_pieces(conn):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in struct.pack('!I', 300) + ANSWER[:300]:
            conn.send(bytes([byte]))

    with python_server(host, in_pieces, in_pieces) as where:
        equal(client('long_answer_client', backend, where),
              (0, 'in pieces: 300 of 300 bytes\n'
                  'at once: 300 of 300 bytes\n', ''))


@each_world
def long_answer_client_notices_what_is_missing(backend, host):
    def whole(conn):
        conn.sendall(struct.pack('!I', 3) + b'abc')

    def short(conn):
        conn.sendall(struct.pack('!I', 3) + b'ab')

    with python_server(host, short, whole, short) as where:
        equal(client('long_answer_client', backend, where),
              (1, 'in pieces: 2 of 3 bytes\n', ''))
        equal(client('long_answer_client', backend, where),
              (1, 'in pieces: 3 of 3 bytes\n',
               f'long_answer_client: recv_exact from {where}: '
               'stream ended inside a message\n'))


@each_world
def long_answer_client_believes_no_huge_size(backend, host):
    def boast(conn):
        conn.sendall(struct.pack('!I', 0xffffffff))

    with python_server(host, boast, lambda conn: None) as where:
        for _ in range(2):
            equal(client('long_answer_client', backend, where),
                  (1, '', 'in pieces: no size, or too large a one\n'))


@each_world
def errors_tells_each_failure_and_what_to_do(backend, host):
    def answer(conn):
        equal(recv_exact(conn, 7), b'hello?\n')
        conn.sendall(b'hello\n')

    def close(conn):
        recv_exact(conn, 7)

    def wait(conn):
        recv_all(conn)

    with refusing(host) as nobody, \
            python_server(host, answer, close, wait) as where:
        code, out, err = client(
            'errors', backend, nobody, 'localhost', 'no.invalid:80', where,
            where, where)
    lines = out.splitlines()
    # Without a name server the last word on a name is "not now".
    equal(lines.pop(2).partition(': ')[0], 'look up no.invalid')
    equal((code, err, lines), (1, '', [
        f'connect {nobody}: connection refused '
        '(start a server there)',
        'address "localhost": at offset 9: the port is missing; '
        'write HOST:PORT (write host:port)',
        'it answered',
        'it closed without an answer',
        f'recv_until from {where}: timed out (try again later)',
    ]))


@each_world
def thread_server_has_a_thread_for_each_client(backend, host):
    with Server('thread_server', backend, host) as server:
        with server.connect() as first:
            asks(first, b'hello')
            before = server.threads()  # with the sanitizer's own, if any
            with server.connect() as a, server.connect() as b, \
                    server.connect() as c:
                for conn in c, a, b, first:
                    asks(conn, b'hello')
                equal(server.threads(), before + 3)
            equal(client('echo_client', backend, server.addr, text='me\n'),
                  (0, 'echo: me\n', ''))
        server.waits_on_its_backend()


def _workers(server, gone=()):
    """Waits until there are four, none of them among those gone."""
    where = f'/proc/{server.process.pid}/task/{server.process.pid}/children'
    pids = set()

    def four():
        with open(where, encoding='ascii') as file:
            pids.clear()
            pids.update(int(pid) for pid in file.read().split())
        return len(pids) == 4 and not pids & set(gone)

    tap.soon(four, 'four processes')
    return pids


@each_world
def process_server_has_a_process_for_each_of_four_clients(backend, host):
    with Server('process_server', backend, host) as server:
        _workers(server)
        conns = [server.connect() for _ in range(5)]
        for conn in conns[:4]:
            asks(conn, b'hello')
        conns[0].close()
        for conn in conns[1:]:
            asks(conn, b'goodbye')
            conn.close()
        equal(client('echo_client', backend, server.addr, text='me\n'),
              (0, 'echo: me\n', ''))


@each_world
def process_server_replaces_those_that_die(backend, host):
    with Server('process_server', backend, host) as server:
        before = _workers(server)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        _workers(server, before)
        with server.connect() as conn:
            asks(conn, b'hello')


@each_world
def process_server_ends_with_all_its_processes(backend, host):
    for number in signal.SIGTERM, signal.SIGINT:
        with Server('process_server', backend, host) as server:
            _workers(server)
            server.process.send_signal(number)
            server.ends()  # none is left that could write


@each_world
def many_server_has_one_thread_for_all(backend, host):
    with Server('many_server', backend, host) as server:
        before = server.threads()
        conns = []
        for count in range(1, 51):
            conns.append(server.connect())
            equal(server.out.line(), f'{count} here')
        for conn in reversed(conns):
            asks(conn, b'hello')
        equal(client('echo_client', backend, server.addr, text='me\n'),
              (0, 'echo: me\n', ''))
        equal((server.out.line(), server.out.line()), ('51 here', '50 here'))
        equal(server.threads(), before)
        server.waits_on_its_backend()
        peer = addr(host, conns[0].getsockname()[1])
        reset(conns.pop(0))
        equal(server.err.line(), f'many_server: recv from {peer}: '
                                 'connection reset by peer')
        equal(server.out.line(), '49 here')
        for count in range(48, -1, -1):
            conns.pop().close()
            equal(server.out.line(), f'{count} here')


@each_world
def select_server_serves_many_in_one_loop(backend, host):
    with Server('select_server', backend, host) as server:
        before = server.threads()
        conns = [server.connect() for _ in range(50)]
        for conn in reversed(conns):
            asks(conn, b'hello')
        equal(client('echo_client', backend, server.addr, text='me\n'),
              (0, 'echo: me\n', ''))
        asks(conns[7], b'\0' * 5000)
        equal(server.threads(), before)
        server.waits_on_its_backend()
        peer = addr(host, conns[0].getsockname()[1])
        reset(conns.pop(0))
        equal(server.err.line(), f'select_server: peek at {peer}: '
                                 'connection reset by peer')
        for conn in conns:
            conn.sendall(b'the last words')
            conn.shutdown(socket.SHUT_WR)
        for conn in conns:
            equal(recv_all(conn), b'the last words')
            conn.close()
        with server.connect() as conn:
            asks(conn, b'and another')


@each_world
def select_server_is_held_up_by_nobody(backend, host):
    with Server('select_server', backend, host) as server:
        with server.connect() as deaf, server.connect() as other:
            asks(other, b'hello')
            deaf.setblocking(False)
            sent = full = 0
            while full < 3:  # it is read from as long as it takes answers
                try:
                    sent += deaf.send(bytes(65536))
                    full = 0
                except BlockingIOError:
                    full += 1
                asks(other, b'hello again')
            deaf.settimeout(LIMIT)
            deaf.shutdown(socket.SHUT_WR)
            equal(len(recv_all(deaf)), sent)
            asks(other, b'still here')


@each_world
def select_server_serves_on_when_descriptors_run_out(backend, host):
    with Server('select_server', backend, host) as server:
        first = server.connect()
        asks(first, b'hello')
        used = len(os.listdir(f'/proc/{server.process.pid}/fd'))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE,
                         (used, used))
        with server.connect() as second:
            second.sendall(b'may I?')
            asks(first, b'hello again')
            first.close()
            equal(recv_exact(second, 6), b'may I?')


@each_world
def many_server_makes_those_past_its_limit_wait(backend, host):
    with Server('many_server', backend, host) as server:
        conns = [server.connect() for _ in range(502)]
        for count in range(1, 501):
            equal(server.out.line(), f'{count} here')
        conns[500].sendall(b'me too')
        conns[0].close()
        equal((server.out.line(), server.out.line()), ('499 here', '500 here'))
        equal(recv_exact(conns[500], 6), b'me too')
        for conn in conns:
            conn.close()


@each_world
def worker_server_has_a_thread_for_each_core(backend, host):
    with Server('worker_server', backend, host) as server:
        before = server.threads()  # with the sanitizer's own, if any
        assert before > len(os.sched_getaffinity(0)), before
        conns = [server.connect() for _ in range(20)]
        # The last but one keeps a core busy for some milliseconds.
        for number in [*range(20), 999999999989, 1000000000000]:
            prime = number > 1 and all(
                number % i for i in range(2, int(number ** 0.5) + 1))
            conns[number % 20].sendall(b'%d\n' % number)
            answer = b'yes\n' if prime else b'no\n'
            equal(recv_exact(conns[number % 20], len(answer)), answer)
        equal(server.threads(), before)
        server.waits_on_its_backend()
        for conn in conns:
            conn.close()


@each_world
def udp_server_answers_udp_client(backend, host):
    with Server('udp_server', backend, host) as server:
        code, out, err = client('udp_client', backend, server.addr)
        # Once, unless the machine is so busy that the answer is late.
        asked, _, rest = out.rpartition('asking\n')
        assert asked in ('', 'asking\n', 'asking\nasking\n'), out
        equal((code, rest, err), (0, 'answer: hello\n', ''))
        server.waits_on_its_backend()


@each_world
def udp_server_answers_python(backend, host):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with Server('udp_server', backend, host) as server, \
            socket.socket(family, socket.SOCK_DGRAM) as conn:
        conn.settimeout(LIMIT)
        for text in b'one', b'', b'three' * 1000:
            conn.sendto(text, (host, server.port))
            equal(conn.recvfrom(65536)[0], text)


@each_world
def udp_client_asks_again_when_nobody_answers(backend, host):
    def lose_two(server):
        for _ in range(3):
            text, peer = server.recvfrom(100)
            equal(text, b'hello')
        server.sendto(b'at last', peer)

    with python_server(host, lose_two, kind=socket.SOCK_DGRAM) as where:
        equal(client('udp_client', backend, where),
              (0, 'asking\nasking\nasking\nanswer: at last\n', ''))


@each_world
def udp_client_gives_up(backend, host):
    def lose_all(server):
        for _ in range(3):
            server.recvfrom(100)

    with python_server(host, lose_all, kind=socket.SOCK_DGRAM) as where:
        code, out, err = client('udp_client', backend, where)
    equal((code, out), (1, 'asking\nasking\nasking\n'))
    # A datagram's recv is a recvfrom, and may say so.
    equal(err.replace('recvfrom', 'recv from'),
          f'udp_client: recv from {where}: timed out\n')


@each_world
def timeout_shows_both_limits(backend, host):
    with Server('loop_server', backend, host) as server:
        equal(client('timeout', backend, server.addr),
              (0, f'one call: recv from {server.addr}: timed out\n'
                  'all together: timed out\n', ''))


@each_world
def timeout_runs_into_both_limits_with_python(backend, host):
    def echo(conn):
        # The client leaves while an answer may be on its way: then its kernel
        # says so by a reset.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while part := conn.recv(100):
                conn.sendall(part)

    with python_server(host, echo) as where:
        equal(client('timeout', backend, where),
              (0, f'one call: recv from {where}: timed out\n'
                  'all together: timed out\n', ''))


@each_world
def busy_server_answers_others_while_it_computes(backend, host):
    def ask(conn, number):
        conn.sendall(b'%d\n' % number)

    with Server('busy_server', backend, host) as server, \
            server.connect() as slow:
        ask(slow, 999999937)  # prime: a billion divisions
        for number, answer in (7, b'yes\n'), (1, b'no\n'), (91, b'no\n'):
            with server.connect() as quick:
                ask(quick, number)
                equal(recv_all(quick), answer)
        slow.setblocking(False)
        try:
            assert False, f'too quick to tell: {slow.recv(10)!r}'
        except BlockingIOError:
            pass
        server.waits_on_its_backend()


@each_world
def busy_server_takes_numbers_of_nine_digits(backend, host):
    with Server('busy_server', backend, host) as server:
        with server.connect() as conn:
            conn.sendall(b'15485863\n')  # the millionth prime
            equal(recv_all(conn), b'yes\n')
        with server.connect() as conn:
            conn.sendall(b'1234567890')  # too long for a line of it
            equal(recv_all(conn), b'')


tap.run(globals())
