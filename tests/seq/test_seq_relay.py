#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions over real sockets, through a link that loses: what seq promises of
each kind of channel, in both directions at once, byte for byte. relay_peer.c
looks at what comes; this puts the link between."""
import json
import os
import subprocess

import tap

PEER = os.path.join(tap.BUILD, 'tests/seq/relay_peer')
RELAY = os.path.join(tap.BUILD, 'tests/relay/udp_relay')
HOSTS = {'ipv4': '127.0.0.1:0', 'ipv6': '[::1]:0'}
SEALS = {'plain': [], 'sealed': ['a key of tests']}
COUNT = '150'  # on each of nine channels, each way
MOST = '4000'  # bytes
LIMIT = 4 * tap.LIMIT  # a goodbye that was lost costs half a minute


class _Running:
    """A program that says where it listens, and at its end what happened."""

    def __init__(self, *words, **options):
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def place(self):
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line.split()[-1]

    def told(self):
        out, error = self.process.communicate(timeout=LIMIT)
        status = self.process.returncode
        return json.loads(out) if status == 0 else f'{status}: {error}'


def _talk(backend, host, seal, *link):
    """What the server's end, the client's and the link tell."""
    env = {**os.environ, 'SENNIT_IO': backend}
    what = [COUNT, MOST, *seal]
    with _Running(PEER, 'serve', host, *what, env=env) as server, \
            _Running(RELAY, *link, server.place(),
                    stdin=subprocess.PIPE) as relay, \
            _Running(PEER, 'talk', relay.place(), *what, env=env) as client:
        told = client.told(), server.told(), relay.told()
    # Of one that gives up the other only sees that it has left.
    assert all(isinstance(end, dict) for end in told), told
    for end in told[:2]:
        assert end['sealed'] == bool(seal), told
        # Loss is noticed, and some of the latest come all the same.
        assert end['retransmitted'] > 0 and end['latest'] > 0, told
    return told


def _at_least(share, name, link):
    for way in link.values():
        assert way[name] * 100 >= share * way['in'] > 0, link


def _test(backend, family, sealing):
    host, seal = HOSTS[family], SEALS[sealing]

    def a_fifth_lost():
        link = _talk(backend, host, seal, '--loss', '20', '--delay', '1')[2]
        _at_least(10, 'lost', link)

    def all_at_once():
        words = ['--loss', '20', '--delay', '1', '--jitter', '2',
                 '--duplicate', '20', '--reorder', '20']
        # A plain session leaves changed bits to UDP's checksum, and the
        # relay's own datagrams have a good one.
        if seal:
            words += ['--corrupt', '2']
        *ends, link = _talk(backend, host, seal, *words)
        for name in 'lost', 'duplicated', 'late':
            _at_least(10, name, link)
        if seal:
            assert all(way['changed'] > 0 for way in link.values()), link
        assert all(end['duplicates'] > 0 for end in ends), ends

    for test, what in (
            (a_fifth_lost, 'a_fifth_lost_and_nothing_missing'),
            (all_at_once, 'lost_doubled_mixed_up_and_nothing_missing'
             if not seal else
             'lost_doubled_mixed_up_changed_and_nothing_missing')):
        test.__name__ = f'{what}_{sealing}_{backend}_{family}'
        test.__module__ = __name__
        globals()[test.__name__] = test


for _backend in tap.backends():
    for _family in HOSTS:
        for _sealing in SEALS:
            _test(_backend, _family, _sealing)

tap.run(globals())
