#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bad link on real sockets does what it was asked to, and tells."""
import json
import os
import socket
import subprocess

import tap

RELAY = os.path.join(tap.BUILD, 'tests/relay/udp_relay')
COUNT = 120  # what a socket holds at once


class Scene:
    """A peer, and a relay in front of it."""

    def __init__(self, *words, family=socket.AF_INET):
        host = '127.0.0.1' if family == socket.AF_INET else '::1'
        self.family = family
        self.server = socket.socket(family, socket.SOCK_DGRAM)
        self.server.bind((host, 0))
        self.server.settimeout(30)
        target = f'{host}:{self.server.getsockname()[1]}'
        if family == socket.AF_INET6:
            target = '[::1]' + target[3:]
        self.process = subprocess.Popen(
            [RELAY, *words, target], stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE)
        port = int(self.process.stdout.readline().rpartition(':')[2])
        self.front = (host, port)

    def client(self):
        made = socket.socket(self.family, socket.SOCK_DGRAM)
        made.settimeout(30)
        made.connect(self.front)
        return made

    def end(self):
        """What the relay tells."""
        told = json.loads(self.process.communicate()[0])
        assert self.process.returncode == 0
        self.server.close()
        return told


def _passed(scene, count=COUNT):
    """Which of so many datagrams come through."""
    with scene.client() as client:
        for number in range(count):
            client.send(b'%d' % number)
        # The links keep order, so this is the last; it is sent until it comes.
        got = []
        scene.server.settimeout(0.05)
        while True:
            client.send(b'end')
            try:
                while (text := scene.server.recv(100)) != b'end':
                    got.append(int(text))
                return got
            except socket.timeout:
                continue


def passes_all_when_nothing_is_asked():
    for family in socket.AF_INET, socket.AF_INET6:
        scene = Scene(family=family)
        assert _passed(scene) == list(range(COUNT))
        told = scene.end()['there']
        assert told['in'] > COUNT and told['lost'] == 0 == told['duplicated']


def loses_the_same_ones_for_the_same_seed():
    runs = []
    for seed in '5', '5', '6':
        scene = Scene('--loss', '25', '--seed', seed)
        runs.append(_passed(scene))
        told = scene.end()['there']
        assert told['lost'] >= COUNT - len(runs[-1]) > COUNT // 10
    assert runs[0] == runs[1] != runs[2]


def doubles_and_tells_how_many():
    scene = Scene('--duplicate', '50')
    got = _passed(scene)
    told = scene.end()['there']
    assert sorted(set(got)) == list(range(COUNT))
    assert 0 < len(got) - COUNT <= told['duplicated']


def delivers_some_later_than_what_follows():
    scene = Scene('--reorder', '20')
    with scene.client() as client:
        for number in range(COUNT):
            client.send(b'%d' % number)
        got = [int(scene.server.recv(100)) for _ in range(COUNT)]
    assert sorted(got) == list(range(COUNT)) != got
    assert scene.end()['there']['late'] > 0


def changes_one_bit():
    scene = Scene('--corrupt', '100')
    with scene.client() as client:
        client.send(b'\0' * 64)
        got = scene.server.recv(100)
    assert sum(bin(byte).count('1') for byte in got) == 1
    assert scene.end()['there']['changed'] == 1


def drops_what_has_no_room_before_the_bottleneck():
    scene = Scene('--rate', '100000', '--queue', '2000')
    with scene.client() as client:
        for _ in range(100):
            client.send(b'\0' * 1000)
        for _ in range(2):
            scene.server.recv(2000)
    told = scene.end()['there']
    assert told['in'] == 100 and told['full'] >= 50


def brings_answers_back_to_whom_they_are_for():
    scene = Scene('--delay', '1')
    clients = [scene.client() for _ in range(5)]
    for number, client in enumerate(clients):
        client.send(b'%d' % number)
    peers = set()
    for _ in clients:
        text, peer = scene.server.recvfrom(100)
        peers.add(peer)
        scene.server.sendto(b'answer to ' + text, peer)
    for number, client in enumerate(clients):
        assert client.recv(100) == b'answer to %d' % number
        client.close()
    assert len(peers) == 5
    scene.end()


tap.run(globals())
