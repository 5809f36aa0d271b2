#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/seq: what is lost on the way is told, made good or passed over, as
each of the programs is meant to. The way is tests/relay/udp_relay."""
import contextlib
import glob
import json
import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import (LIMIT, Output, Server, client, environment, equal, folder,
                  in_each_world, program)

each_world = in_each_world(globals())

RELAY = os.path.join(tap.BUILD, 'tests/relay/udp_relay')


class _Relay:
    """A bad link in front of a server, until the `with` ends. One for each
    client: so the seed decides whether its handshake is made in time."""

    def __init__(self, server, *words):
        self.process = subprocess.Popen(
            [RELAY, *words, server.addr], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addr = self.process.stdout.readline().strip()
        assert self.addr, 'the relay does not run'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def lost(self):
        """How many datagrams in both directions; that is its end."""
        told = json.loads(self.process.communicate(timeout=LIMIT)[0])
        return told['there']['lost'] + told['back']['lost']


class _Client:
    """A client example, running until the `with` ends."""

    def __init__(self, name, backend, address):
        self.process = subprocess.Popen(
            [program(name), address], env=environment(backend),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.out = Output(self.process.stdout)
        self.err = Output(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        with contextlib.suppress(ValueError, BrokenPipeError):
            self.process.communicate()

    def types(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def leaves(self):
        """Its input ends; what it prints until it does."""
        self.process.stdin.close()
        rest = self.out.rest()
        equal((self.process.wait(LIMIT), self.err.rest()), (0, ''))
        return rest


def each_program_has_at_most_sixty_lines():
    sources = glob.glob(os.path.join(tap.SOURCE, 'examples', 'seq', '*.[ch]'))
    assert len(sources) >= 8, sources
    for source in sources:
        with open(source, encoding='utf-8') as file:
            count = len(file.readlines())
        assert count <= 60, f'{source}: {count} lines'


# Sensors

def _readings(server, count):
    """The numbers of those that came, all that is told being true."""
    numbers = []
    while True:
        line = server.out.line()
        found = re.fullmatch(r'\S+: reading (\d+) is (\d+), (\d+) missed', line)
        if not found:
            break
        number, value, missed = map(int, found.groups())
        equal(value, 21500 + number * 7919 % 100)
        equal(missed, number - (numbers[-1] + 1 if numbers else 0))
        numbers.append(number)
    told = re.fullmatch(r'\S+: (\d+) of (\d+) came', line)
    assert told, line
    equal([int(word) for word in told.groups()], [len(numbers), count])
    return numbers


@each_world
def each_reading_arrives_over_a_good_link(backend, host):
    with Server('sensor_server', backend, host) as server:
        equal(client('sensor_client', backend, server.addr, '20'), (0, '', ''))
        equal(_readings(server, 20), list(range(20)))
        server.waits_on_its_backend()


@each_world
def readings_that_are_lost_are_counted(backend, host):
    with Server('sensor_server', backend, host) as server, \
            _Relay(server, '--loss', '30') as relay:
        equal(client('sensor_client', backend, relay.addr, '50'), (0, '', ''))
        assert 0 < len(_readings(server, 50)) < 50
        assert relay.lost() > 0


@each_world
def readings_that_are_overtaken_are_passed_over(backend, host):
    with Server('sensor_server', backend, host) as server, \
            _Relay(server, '--reorder', '30', '--delay', '30',
                   '--duplicate', '30') as relay:
        equal(client('sensor_client', backend, relay.addr, '50'), (0, '', ''))
        assert _readings(server, 50)


def what_is_no_sensor_is_sent_away():
    with Server('sensor_server', None, '127.0.0.1') as server:
        status, _, told = client('chat_client', None, server.addr,
                                 text='hello\n')
        equal(status, 1)
        assert told.startswith('chat_client: '), told
        assert server.err.line().endswith(': no sensor')


# The game

class _Player(_Client):
    def __init__(self, backend, address):
        super().__init__('game_client', backend, address)
        self.tick = 0
        self.places = {}

    def sees(self, places):
        """Sooner or later, and time never goes back."""
        while self.places != places:
            tick, *words = self.out.line().split()
            assert int(tick) > self.tick, (tick, self.tick)
            self.tick = int(tick)
            self.places = {int(who): int(place) for who, place in
                           (word.split(':') for word in words)}


@each_world
def all_players_see_where_all_are_though_a_fifth_is_lost(backend, host):
    with Server('game_server', backend, host) as server, \
            _Relay(server, '--loss', '20', '--reorder', '10', '--delay', '2',
                   '--duplicate', '10') as relay, \
            _Relay(server, '--loss', '20', '--seed', '2') as other, \
            _Player(backend, relay.addr) as one:
        one.sees({1: 0})
        for step in range(20):
            one.types('+')
            one.sees({1: step + 1})
        with _Player(backend, other.addr) as two:
            two.sees({1: 20, 2: 0})
            one.types('+' * 30)
            two.types('-\n' * 20)
            for player in one, two:
                player.sees({1: 50, 2: -20})
            two.types('+')
            two.leaves()
        one.sees({1: 50})
        one.leaves()
        assert relay.lost() > 0


# Voice

FRAMES = 40
SOUND = b''.join(bytes([i + 1]) * 160 for i in range(FRAMES))
SILENCE = b'\xff' * 160


def _speaks(backend, address):
    done = subprocess.run(
        [program('voice_client'), address], env=environment(backend),
        # The last is no whole frame, and not sent.
        input=SOUND + b'abc', capture_output=True, timeout=LIMIT, check=False)
    equal((done.returncode, done.stdout, done.stderr), (0, b'', b''))


def _played(path, line):
    """(frames that were, late ones): each in its place, silence elsewhere."""
    told = re.fullmatch(r'(\d+) frames, (\d+) not there in time, '
                        r'of which (\d+) came late', line)
    assert told, line
    count, missing, late = map(int, told.groups())
    with open(path, 'rb') as file:
        sound = file.read()
    equal(len(sound), 160 * count)
    assert count >= FRAMES and late <= missing
    got = [sound[at:at + 160] for at in range(0, len(sound), 160)]
    there = [i for i, frame in enumerate(got) if frame != SILENCE]
    for i in there:
        equal(got[i], SOUND[160 * i:160 * (i + 1)])
    equal(len(there), count - missing)
    return len(there), late


@each_world
def each_frame_is_played_in_its_place_or_silence(backend, host):
    with folder() as where, \
            Server('voice_server', backend, host,
                   path := os.path.join(where, 'sound')) as server, \
            _Relay(server, '--loss', '25', '--delay', '5', '--jitter', '40',
                   '--duplicate', '10') as relay:
        _speaks(backend, relay.addr)
        assert 0 < _played(path, server.out.line())[0] < FRAMES
        assert relay.lost() > 0


def one_voice_follows_the_other():
    with folder() as where, \
            Server('voice_server', None, '::1',
                   path := os.path.join(where, 'sound')) as server:
        _speaks(None, server.addr)
        server.out.line()
        os.truncate(path, 0)
        _speaks(None, server.addr)
        server.out.line()
        with open(path, 'rb') as file:
            # From where the first one's sound had ended.
            assert len(file.read()) >= 2 * len(SOUND)


# Chat

@each_world
def each_line_is_handed_to_all_in_order_though_a_fifth_is_lost(backend, host):
    with Server('chat_server', backend, host) as server, \
            _Relay(server, '--loss', '20', '--reorder', '10', '--delay', '2',
                   '--duplicate', '10') as relay, \
            _Relay(server, '--loss', '20', '--seed', '2') as other, \
            _Client('chat_client', backend, relay.addr) as one:
        one.types('hello\n')
        equal(one.out.line(), '1: hello')
        with _Client('chat_client', backend, other.addr) as two:
            two.types('hello you\n')
            for member in one, two:
                equal(member.out.line(), '2: hello you')
            for i in range(100):
                one.types(f'line {i}\n')
            for member in one, two:
                for i in range(100):
                    equal(member.out.line(), f'1: line {i}')
            # What it said last is heard, by itself, too.
            two.types('bye\n')
            equal(two.leaves(), '2: bye\n')
        equal(one.out.line(), '2: bye')
        equal(one.leaves(), '')


@each_world
def who_reads_too_slowly_is_dropped_and_the_others_are_not(backend, host):
    with Server('chat_server', backend, host) as server, \
            _Client('chat_client', backend, server.addr) as one, \
            _Client('chat_client', backend, server.addr) as slow:
        one.types('here\n')
        equal(one.out.line()[3:], 'here')
        slow.types('here too\n')
        equal(one.out.line()[3:], 'here too')
        # Megabytes, of which a batch at a time is under way.
        for _ in range(100):
            one.types(('x' * 500 + '\n') * 30)
            for _ in range(30):
                equal(one.out.line()[3:], 'x' * 500)
        rest = slow.out.rest()
        assert 0 < rest.count('\n') < 3000
        equal(slow.process.wait(LIMIT), 1)
        assert slow.err.rest().startswith('chat_client: ')
        one.types('gone\n')
        equal(one.out.line()[3:], 'gone')
        one.leaves()


def a_line_that_is_too_long_is_told():
    with Server('chat_server', None, '127.0.0.1') as server:
        status, _, told = client('chat_client', None, server.addr,
                                 text='x' * 2000 + '\n')
        equal(status, 1)
        assert '2000' in told, told


def nobody_there_is_told():
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{taken.getsockname()[1]}'
    for name in 'sensor_client', 'game_client', 'chat_client', 'voice_client':
        status, _, told = client(name, None, address)
        equal(status, 1)
        assert told.startswith(f'{name}: ') and address in told, told


tap.run(globals())
