#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/ask_again.c, and discover.c with discoverable.c: what is lost is
asked for again, what comes late or twice does no harm, and a group is found."""
import contextlib
import glob
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import (BACKENDS, LIMIT, Output, client, environment, equal,
                  in_each_world, program, python_server)

each_world = in_each_world(globals())


def none_is_longer_than_sixty_lines():
    for source in glob.glob(os.path.join(tap.SOURCE, 'examples', '*.c')):
        with open(source, encoding='utf-8') as file:
            count = len(file.readlines())
        assert count <= 60, f'{source}: {count} lines'


def _asked(sock, wanted):
    data, sender = sock.recvfrom(1024)
    equal(data, wanted)
    return sender


@each_world
def a_question_is_asked_again_until_it_is_answered(backend, host):
    def serve(sock):
        for _ in range(2):
            _asked(sock, b'1 one')
        sock.sendto(b'1 first', _asked(sock, b'1 one'))
        # However long that took, the next question comes.
        data = b'1 one'
        while data == b'1 one':
            data, sender = sock.recvfrom(1024)
        equal(data, b'2 two')
        for answer in b'1 first', b'nonsense', b'', b'3 not asked', \
                b'2 second':
            sock.sendto(answer, sender)

    with python_server(host, serve, kind=socket.SOCK_DGRAM) as address:
        equal(client('ask_again', backend, address, 'one', 'two'),
              (0, '1 first\n2 second\n', ''))


def one_that_never_answers_is_given_up():
    # Five questions, with a patience of a quarter second to four: so once.
    def serve(sock):
        for _ in range(5):
            _asked(sock, b'1 one')

    with python_server('::1', serve, kind=socket.SOCK_DGRAM) as address:
        status, out, told = client('ask_again', None, address, 'one')
        equal((status, out), (1, ''))
        assert 'timed out' in told, told


@contextlib.contextmanager
def _discoverable(name, group, backend):
    process = subprocess.Popen(
        [program('discoverable'), name, group, 'lo'],
        env=environment(backend), stdout=subprocess.PIPE)
    try:
        line = Output(process.stdout).line()
        yield re.fullmatch(r'listening on port (\d+)', line).group(1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LIMIT)


def all_in_the_group_are_found():
    for backend in BACKENDS:
        with _discoverable('anna', '239.1.2.3:0', backend) as port, \
             _discoverable('otto', f'239.1.2.3:{port}', backend):
            def found():
                status, out, told = client('discover', backend,
                                           f'239.1.2.3:{port}', 'lo')
                equal((status, told), (0, ''))
                return sorted(line.split(' is at ')[0]
                              for line in out.splitlines())

            # On a busy machine an answer may come too late.
            tap.soon(lambda: found() == ['anna', 'otto'], 'both, once each')


def what_cannot_be_is_told():
    for words, named in (
            (['discover', 'x'], 'address "x"'),
            (['discover', '239.1.2.3:7', 'nosuch0'], 'nosuch0'),
            (['discoverable', 'me', '127.0.0.1:0'], 'not a group'),
            (['discoverable', 'me', '239.1.2.3:0', 'nosuch0'], 'nosuch0')):
        for backend in BACKENDS:
            status, _, told = client(words[0], backend, *words[1:])
            assert status == 1 and named in told, (words, told)


tap.run(globals())
