#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Datagrams: sennit listen and connect with many peers, and with one."""
import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import termios

import tool
from tool import Program, expect


@contextlib.contextmanager
def _peer(where=None, host='127.0.0.1'):
    """A Python socket, and its address as the tool prints it."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(tool.LIMIT)
        sock.bind((host, 0))
        if where:
            sock.connect(where)
        port = sock.getsockname()[1]
        yield sock, f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def _listen(*words, backend, **options):
    return Program('listen', *words, backend=backend, **options)


def _where(server):
    return tool.split(server.address('stderr'))


def each_line_is_labelled_with_its_peer(backend):
    with _listen('--label', 'udp://localhost:0', backend=backend) as server:
        places = _where(server), _where(server)
        for host, port in places:
            with _peer((host, port), host) as (one, first), \
                 _peer((host, port), host) as (other, second):
                one.send(b'hello\n')
                assert server.line() == f'{first}: hello\n'
                other.send(b'two\nlines')
                assert server.line() == f'{second}: two\n'
                assert server.line() == f'{second}: lines\n'
                one.send(b'')
                assert server.line() == f'{first}: \n'
                one.send(b'\n')
                assert server.line() == f'{first}: \n'
        server.signal(signal.SIGINT)
        server.ends_with(130)


def json_has_peer_size_and_bytes(backend):
    with _listen('--json', 'udp://127.0.0.1:0', backend=backend) as server, \
         _peer(_where(server)) as (sock, name):
        for data in b'hello', 'grün "\\\n\x85\0'.encode(), b'':
            sock.send(data)
            assert json.loads(server.line()) == {
                'peer': name, 'size': len(data), 'text': data.decode(),
                'base64': None}
        for data, text in ((b'\xff', '/w=='), (b'\xff\xfe', '//4='),
                           (b'\xff\xfe\xfd', '//79'), (b'\xc3', 'ww==')):
            sock.send(data)
            assert json.loads(server.line()) == {
                'peer': name, 'size': len(data), 'text': None,
                'base64': text}


def the_largest_datagram_is_one_line_of_json(backend):
    with _listen('--json', 'udp://127.0.0.1:0', backend=backend) as server, \
         _peer(_where(server)) as (sock, _):
        for data in b'\x01' * 65507, b'\xff' * 65507:
            sock.send(data)
            assert json.loads(server.line())['size'] == 65507


def a_reply_goes_to_who_spoke_last(backend):
    with _listen('--label', '--reply', 'last', 'udp://127.0.0.1:0',
                 backend=backend, stdin=subprocess.PIPE) as server:
        # Before anybody spoke, it waits for the first.
        server.write(b'early\n')
        where = _where(server)
        with _peer(where) as (one, first), _peer(where) as (other, second):
            one.send(b'1')
            assert server.line() == f'{first}: 1\n'
            assert one.recv(100) == b'early\n'
            other.send(b'2')
            assert server.line() == f'{second}: 2\n'
            server.write(b'to the other\n')
            assert other.recv(100) == b'to the other\n'
            one.send(b'3')
            assert server.line() == f'{first}: 3\n'
            server.write(b'to one\n')
            assert one.recv(100) == b'to one\n'
            # Its end is not the end of the rest.
            server.end_input()
            one.send(b'4')
            assert server.line() == f'{first}: 4\n'


def a_reply_goes_to_all_who_spoke(backend):
    with _listen('--label', '--reply', 'all', 'udp://localhost:0',
                 backend=backend, stdin=subprocess.PIPE) as server, \
         contextlib.ExitStack() as stack:
        places = _where(server), _where(server)
        peers = [stack.enter_context(_peer(places[number % 2],
                                           places[number % 2][0]))
                 for number in range(6)]
        for sock, name in peers * 2:
            sock.send(b'here')
            assert server.line() == f'{name}: here\n'
        server.write(b'hello all\n')
        for sock, _ in peers:
            assert sock.recv(100) == b'hello all\n'
        # Once, though each spoke twice.
        server.write(b'again\n')
        for sock, _ in peers:
            assert sock.recv(100) == b'again\n'


def a_peer_that_went_away_keeps_nobody_from_the_reply(backend):
    with _listen('--label', '--reply', 'all', 'udp://127.0.0.1:0',
                 backend=backend, stdin=subprocess.PIPE) as server:
        where = _where(server)
        with _peer(where) as (stays, name):
            stays.send(b'x')
            assert server.line() == f'{name}: x\n'
            with _peer(where) as (goes, gone):
                goes.send(b'x')
                assert server.line() == f'{gone}: x\n'
            for _ in range(3):
                server.write(b'still there?\n')
                assert stays.recv(100) == b'still there?\n'


def stdin_is_left_alone_unless_asked_for(backend):
    read, write = os.pipe()
    os.write(write, b'not ours\n')
    with _listen('--label', 'udp://127.0.0.1:0', backend=backend,
                 stdin=read) as server, _peer(_where(server)) as (sock, name):
        for word in 'one', 'two':
            sock.send(word.encode())
            assert server.line() == f'{name}: {word}\n'
        server.signal(signal.SIGTERM)
        server.ends_with(143)
    # Both ends are ours: there would be nothing to read, and no end.
    assert select.select([read], [], [], 0)[0] == [read]
    assert os.read(read, 100) == b'not ours\n'
    os.close(read)
    os.close(write)


class _Terminal:
    """A pseudo-terminal that is the tool's stdin and stdout."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        settings = termios.tcgetattr(self.slave)
        settings[1] &= ~termios.OPOST
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def line(self):
        data = b''
        while not data.endswith(b'\n'):
            ready, _, _ = select.select([self.master], [], [], tool.LIMIT)
            assert ready, f'only {data!r} came'
            data += os.read(self.master, 1)
        return data.decode()

    def take_over(self):
        """In the child: makes it the controlling terminal."""
        os.setsid()
        os.close(os.open(os.ttyname(self.slave), os.O_RDWR))


@contextlib.contextmanager
def _at_terminal(*words, backend, env=None):
    with _Terminal() as terminal, \
         Program(*words, backend=backend, stdin=terminal.slave,
                 stdout=terminal.slave, preexec_fn=terminal.take_over,
                 env={'TERM': 'xterm', 'NO_COLOR': '', **(env or {})}
                 ) as program:
        yield terminal, program


def a_terminal_has_labels_in_colours_and_its_lines_are_answers(backend):
    with _at_terminal('listen', 'udp://127.0.0.1:0', backend=backend) as \
            (terminal, server), _peer(_where(server)) as (sock, name):
        sock.send(b'hello \x1b[2J')
        line = terminal.line()
        assert line.startswith('\x1b[3') and \
            line.endswith(f'm{name}\x1b[0m: hello \\x1B[2J\n'), line
        os.write(terminal.master, b'typed\n')
        assert sock.recv(100) == b'typed\n'


def colours_can_be_declined(backend):
    for env in {'NO_COLOR': '1'}, {'TERM': 'dumb'}:
        with _at_terminal('listen', 'udp://127.0.0.1:0', backend=backend,
                          env=env) as (terminal, server), \
             _peer(_where(server)) as (sock, name):
            sock.send(b'hello')
            assert terminal.line() == f'{name}: hello\n'


def one_peer_needs_no_label_on_a_terminal(backend):
    with _peer() as (sock, name), \
         _at_terminal('connect', f'udp://{name}', backend=backend) as \
            (terminal, _):
        os.write(terminal.master, b'question\n')
        data, sender = sock.recvfrom(100)
        assert data == b'question\n'
        sock.sendto(b'answer\n', sender)
        assert terminal.line() == 'answer\n'


def stdin_can_be_cut_into_lines_or_pieces(backend):
    for how, data, pieces in (
            ('lines', b'one\n\nthree', [b'one\n', b'\n', b'three']),
            ('lines', b'x' * 65508 + b'\n', [b'x' * 65507, b'x\n']),
            ('4', b'0123456789', [b'0123', b'4567', b'89']),
            ('65507', b'y' * 65508, [b'y' * 65507, b'y'])):
        with _peer() as (sock, name):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            expect(0, '', 'connect', '--datagrams', how, f'udp://{name}',
                   backend=backend, data=data)
            for piece in pieces:
                assert sock.recv(65536) == piece, how


def json_tells_who_answered(backend):
    with tool.echo('udp://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        out = expect(0, '', 'connect', '--json', address, backend=backend,
                     data=b'x')
        assert json.loads(out) == {'peer': address[6:], 'size': 1,
                                   'text': 'x', 'base64': None}


def an_address_for_all_must_be_said_to_be_one(backend):
    told = expect(4, '--broadcast allows it', 'connect',
                  'udp://127.255.255.255:9', backend=backend)
    assert told == b''


def options_of_datagrams_are_refused_elsewhere(backend):
    for words, named in (
            (['connect', '--json', 'a:1'], '--json is for udp://'),
            (['listen', '--label', 'a:1'], '--label is for udp://'),
            (['listen', '--reply', 'all', 'unix:x'], '--reply is for'),
            (['listen', '--reply', 'both', 'udp://a:1'],
             '--reply both: neither last nor all'),
            (['connect', '--broadcast', 'tls://a:1'], '--broadcast is for'),
            (['connect', '--ttl', '3', 'udp://a:1'], '--ttl is for mcast://'),
            (['connect', '--no-loop', 'udp://a:1'], '--no-loop is for'),
            (['connect', '--ttl', '256', 'mcast://239.1.1.1:1'],
             '--ttl 256: not a number from 0 to 255'),
            (['connect', '--broadcast', 'mcast://239.1.1.1:1'],
             'a group needs none'),
            (['listen', '--json', '--label', 'udp://a:1'],
             '--label cannot stand beside it'),
            (['connect', '--datagrams', '0', 'udp://a:1'],
             '--datagrams 0: neither lines nor'),
            (['connect', '--datagrams', '65508', 'udp://a:1'],
             '--datagrams 65508'),
            (['connect', '--datagrams', '', 'udp://a:1'], '--datagrams :')):
        expect(2, named, *words, backend=backend)


def a_full_disk_is_a_failure(backend):
    for how in '--label', '--json':
        with open('/dev/full', 'wb') as full, \
             _listen(how, 'udp://127.0.0.1:0', backend=backend,
                     stdout=full) as server, _peer(_where(server)) as (sock, _):
            sock.send(b'x')
            server.ends_with(7, 'no space left')


tool.run(globals())
