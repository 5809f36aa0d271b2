#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/echo_tls.c: the echo server over TLS, in three statements more; and
examples/ask_tls.c, which believes nobody without a reason."""
import contextlib
import os
import re
import socket
import ssl
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import Server, asks, client, equal, folder, in_each_world

each_world = in_each_world(globals())


def _function(name, *path):
    with open(os.path.join(tap.SOURCE, *path), encoding='utf-8') as file:
        found = re.search(rf'^static int {name}\(.*?^}}$', file.read(),
                          re.M | re.S)
    assert found, f'there is no {name}() in {path}'
    return found.group()


@contextlib.contextmanager
def _identity(*names):
    """A folder with server.pem: a certificate for these names, and its key."""
    with folder() as where:
        key = os.path.join(where, 'key.pem')
        cert = os.path.join(where, 'cert.pem')
        made = tap.shell(
            'openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
            '/CN=example', '-addext', 'subjectAltName=' + ','.join(names),
            '-keyout', key, '-out', cert)
        equal(made.returncode, 0)
        with open(os.path.join(where, 'server.pem'), 'w',
                  encoding='utf-8') as both:
            for part in cert, key:
                with open(part, encoding='utf-8') as file:
                    both.write(file.read())
        before = os.getcwd()
        os.chdir(where)
        try:
            yield cert
        finally:
            os.chdir(before)


def the_handler_is_the_same_and_three_statements_are_added():
    plain, secure = (('examples', name) for name in ('echo.c', 'echo_tls.c'))
    equal(_function('echo', *secure), _function('echo', *plain))
    statements = [len(re.findall(r';', re.sub(
        r'for \(.*?\)', '', _function('serve', *path))))
        for path in (plain, secure)]
    equal(statements[1] - statements[0], 3)


@each_world
def python_talks_to_it_and_verifies(backend, host):
    with _identity(f'IP:{host}') as cert, \
            Server('echo_tls', backend, host, 'fibers') as server:
        context = ssl.create_default_context(cafile=cert)
        with server.connect() as plain, context.wrap_socket(
                plain, server_hostname=host) as conn:
            asks(conn, b'hello')
            conn.unwrap().shutdown(socket.SHUT_WR)


@each_world
def who_asks_believes_whom_it_was_told_to_trust(backend, host):
    with _identity(f'IP:{host}') as cert, \
            Server('echo_tls', backend, host, 'threads') as server:
        equal(client('ask_tls', backend, server.addr, cert),
              (0, f'{server.addr} says: hello\n', ''))


@each_world
def and_nobody_else(backend, host):
    with _identity(f'IP:{host}'), \
            Server('echo_tls', backend, host, 'fibers') as server:
        code, out, err = client('ask_tls', backend, server.addr)
        equal((code, out), (1, ''))
        assert 'self-signed' in err and server.addr in err, err


@each_world
def nor_whom_the_certificate_does_not_name(backend, host):
    with _identity('DNS:other.example') as cert, \
            Server('echo_tls', backend, host, 'fibers') as server:
        code, out, err = client('ask_tls', backend, server.addr, cert)
        equal((code, out), (1, ''))
        assert 'other.example' in err, err


tap.run(globals())
