#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mcast:// and --broadcast, in a network of the test's own with an interface
that can do both: v0."""
import contextlib
import ctypes
import json
import signal
import socket
import struct
import subprocess

import tap
import tool
from tool import Program, expect

GROUPS = '239.1.2.3', '[ff15::1:3]'
# Python 3.11 has no name for it.
IP_RECVTTL = 12

NAMES = ('v0', '192.0.2.1', None), ('v0', '2001:db8::1', None)


def _own_network():
    clone_newnet = 0x40000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet) != 0:
        raise OSError(ctypes.get_errno(), 'a network name space is needed')
    for words in ('link set lo up',
                  'link add v0 type veth peer name v1',
                  'link set v0 addrgenmode none',
                  'link set v1 addrgenmode none',
                  'addr add 192.0.2.1/24 brd + dev v0',
                  'addr add 2001:db8::1/64 nodad dev v0',
                  'link set v0 up', 'link set v1 up'):
        subprocess.run(['ip', *words.split()], check=True,
                       timeout=tool.LIMIT)
    # The ways by an interface come a little after it is up.
    tap.soon(_has_a_way, 'a way by v0')


def _has_a_way():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
                        socket.if_nametoindex('v0'))
        try:
            sock.connect(('ff15::1', 9))
            return True
        except OSError:
            return False


_own_network()


@contextlib.contextmanager
def _listening(address, *words, backend, **options):
    """The tool, and the address as it tells it."""
    with Program('listen', *words, address, backend=backend,
                 **options) as server:
        yield server, server.address('stderr')


def _places():
    for group, names in zip(GROUPS, NAMES):
        for name in names:
            yield group, f'%{name}' if name else _default(group)


def _default(group):
    """Without an interface, the way out must be known by a route."""
    family = '-6' if group.startswith('[') else '-4'
    subprocess.run(['ip', family, 'route', 'replace', 'multicast',
                    f'{group.strip("[]")}', 'dev', 'v0', 'table', 'local'],
                   check=True, timeout=tool.LIMIT)
    return ''


def who_joined_hears_what_is_said_to_the_group(backend):
    for group, behind in _places():
        with _listening(f'mcast://{group}:0{behind}',
                        backend=backend) as (server, address):
            assert address.startswith(f'mcast://{group}:'), address
            assert address.endswith(behind), (address, behind)
            expect(0, '', 'connect', address, backend=backend, data=b'hello')
            assert server.read(5) == b'hello'
            server.signal(signal.SIGINT)
            server.ends_with(130)


def all_hear_and_each_answer_has_its_name(backend):
    with _listening('mcast://239.1.2.3:0%v0', backend=backend) as \
            (first, address), \
         _listening(address, backend=backend) as (second, _), \
         tool.echo(address, backend=backend) as echo:
        assert echo.address() == address
        port = tool.split(address.removesuffix('%v0'))[1]
        out = expect(0, '', 'connect', '--label', address, backend=backend,
                     data=b'who?')
        assert out == f'192.0.2.1:{port}: who?\n'.encode(), out
        assert first.read(4) == b'who?' and second.read(4) == b'who?'


def a_reply_goes_to_who_asked_the_group(backend):
    with _listening('mcast://239.1.2.3:0%v0', '--reply', 'last', '--json',
                    backend=backend, stdin=subprocess.PIPE) as \
            (server, address), \
         Program('connect', '--json', address, backend=backend,
                 stdin=subprocess.PIPE) as client:
        client.write(b'question')
        asked = json.loads(server.line())
        assert asked['text'] == 'question', asked
        server.write(b'answer')
        answer = json.loads(client.line())
        assert answer['text'] == 'answer', answer
        assert answer['peer'].startswith('192.0.2.1:'), answer
        client.end_input()
        client.ends_with(0)


def another_group_at_the_port_is_not_heard(backend):
    with _listening('mcast://239.1.2.3:0%v0', backend=backend) as \
            (server, address):
        other = address.replace('239.1.2.3', '239.1.2.4')
        with _listening(other, backend=backend) as (beside, _):
            for where, word in (other, b'other'), (address, b'group'):
                expect(0, '', 'connect', where, backend=backend, data=word)
            assert server.read(5) == b'group'
            assert beside.read(5) == b'other'


def a_source_can_be_chosen(backend):
    with _listening('mcast://192.0.2.9@232.1.2.3:0%v0', backend=backend) as \
            (deaf, address):
        assert address.startswith('mcast://192.0.2.9@232.1.2.3:'), address
        near = address.replace('192.0.2.9@', '192.0.2.1@')
        with _listening(near, backend=backend) as (server, _):
            expect(0, '', 'connect', near, backend=backend, data=b'near')
            assert server.read(4) == b'near'
            deaf.signal(signal.SIGTERM)
            assert deaf.rest() == b''
            deaf.ends_with(143)


def without_loop_this_host_does_not_hear(backend):
    with _listening('mcast://239.1.2.3:0%v0', backend=backend) as \
            (server, address):
        expect(0, '', 'connect', '--no-loop', address, backend=backend,
               data=b'others')
        expect(0, '', 'connect', '--ttl', '0', address, backend=backend,
               data=b'last')
        assert server.read(4) == b'last'


def hops_are_as_asked_for(backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(tool.LIMIT)
        sock.bind(('239.1.2.3', 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        socket.inet_aton('239.1.2.3') +
                        socket.inet_aton('192.0.2.1'))
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        address = f'mcast://239.1.2.3:{sock.getsockname()[1]}%v0'
        for words, hops in ([], 1), (['--ttl', '7'], 7), (['--ttl', '0'], 0):
            expect(0, '', 'connect', *words, address, backend=backend,
                   data=b'x')
            _, control, *_ = sock.recvmsg(10, 100)
            assert struct.unpack('i', control[0][2]) == (hops,), control


def nobody_answering_in_time_is_told(backend):
    expect(5, 'no answer from mcast://239.1.2.3:9%v0', 'connect',
           '--timeout', '200ms', 'mcast://239.1.2.3:9%v0', backend=backend,
           data=b'x')


def a_slip_is_named(backend):
    for address, named in (
            ('mcast://192.0.2.1:7', 'not a group'),
            ('mcast://[::1]:7', 'not a group'),
            ('mcast://unix:/x', 'mcast://'),
            ('mcast://239.1.1.1', '239.1.1.1'),
            ('mcast://239.1.1.1:7%', 'no interface stands behind the %'),
            ('mcast://@239.1.1.1:7', 'no source stands before the @'),
            ('mcast://x@239.1.1.1:7', 'x'),
            ('mcast://239.1.1.1:7%nosuch0', 'nosuch0'),
            ('mcast://[ff02::1%v0]:7%lo', 'another interface')):
        expect(3, named, 'listen', address, backend=backend)
    expect(3, 'nosuch0', 'connect', 'mcast://239.1.1.1:7%nosuch0',
           backend=backend)


def a_broadcast_is_heard_and_answers_come_back(backend):
    with Program('listen', '--reply', 'last', 'udp://0.0.0.0:0',
                 backend=backend, stdin=subprocess.PIPE) as server:
        port = tool.split(server.address('stderr'))[1]
        with Program('connect', '--broadcast', '--label',
                     f'udp://192.0.2.255:{port}', backend=backend,
                     stdin=subprocess.PIPE) as client:
            client.write(b'anybody?')
            assert server.read(8) == b'anybody?'
            server.write(b'me')
            assert client.line() == f'192.0.2.1:{port}: me\n'
            client.end_input()
            client.ends_with(0)


def interfaces_tells_of_broadcast_and_carrier(backend):
    found = json.loads(expect(0, '', 'interfaces', '--json',
                              backend=backend))
    by_name = {each['name']: each for each in found}
    assert by_name['v0']['addresses'][0]['broadcast'] == '192.0.2.255'
    assert by_name['v1']['addresses'] == []
    assert by_name['v0']['multicast'] and by_name['v0']['running']
    lines = expect(0, '', 'interfaces', backend=backend).decode()
    assert '    192.0.2.1/24 broadcast 192.0.2.255\n' in lines, lines


tool.run(globals())
