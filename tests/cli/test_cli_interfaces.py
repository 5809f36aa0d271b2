#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sennit interfaces."""
import json
import socket

import tool
from tool import expect, once


def _interfaces(backend):
    return json.loads(expect(0, '', 'interfaces', '--json', backend=backend))


def json_has_every_interface_with_its_addresses(backend):
    found = _interfaces(backend)
    assert {(each['index'], each['name']) for each in found} >= \
        {(index, name) for index, name in socket.if_nameindex()
         if name == 'lo'}, found
    lo, = (each for each in found if each['name'] == 'lo')
    assert lo['up'] and lo['loopback'] and not lo['broadcast'], lo
    assert lo['mtu'] == 65536 and lo['hardware'] is None, lo
    assert {'address': '127.0.0.1', 'prefix': 8, 'broadcast': None,
            'peer': None} in lo['addresses'], lo
    assert {'address': '::1', 'prefix': 128, 'broadcast': None,
            'peer': None} in lo['addresses'], lo


def to_people_each_address_has_a_line(backend):
    lines = expect(0, '', 'interfaces', backend=backend).decode().splitlines()
    at, = (number for number, line in enumerate(lines)
           if line.startswith('lo  '))
    assert ' up loopback ' in lines[at] and 'mtu 65536' in lines[at], lines
    assert '    127.0.0.1/8' in lines[at:], lines
    assert '    ::1/128' in lines[at:], lines


def it_takes_no_address(backend):
    expect(2, 'interfaces takes no address', 'interfaces', 'eth0',
           backend=backend)
    expect(2, 'interfaces has no option --grace', 'interfaces', '--grace',
           '1', backend=backend)


def its_help_speaks_of_no_addresses(backend):
    out = expect(0, '', 'interfaces', '--help', backend=backend).decode()
    assert out.startswith('Usage: sennit interfaces ') and '--json' in out
    assert 'unix:' not in out and '--cert' not in out, out


def a_slip_is_named(backend):
    expect(2, 'interface, maybe interfaces', 'interface', backend=backend)


def a_full_disk_is_a_failure(backend):
    with open('/dev/full', 'wb') as full:
        code, _, told = once('interfaces', backend=backend, stdout=full)
        assert code == 7 and 'no space left' in told, (code, told)


tool.run(globals())
