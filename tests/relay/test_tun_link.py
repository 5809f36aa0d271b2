#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bad link between two network namespaces carries whatever goes over IP."""
import contextlib
import os
import subprocess

import tap

LINK = os.path.join(tap.BUILD, 'tests/relay/tun_link')


def _ip(*words):
    done = tap.shell('ip', *words)
    assert done.returncode == 0, f'ip {" ".join(words)}: {done.stdout}'


@contextlib.contextmanager
def _link_of(*words):
    """Two namespaces with 10.9.0.1 and 10.9.0.2; their names."""
    names = [f'sennit-link-{os.getpid()}-{end}' for end in 'ab']
    process = None
    try:
        for name in names:
            _ip('netns', 'add', name)
        process = subprocess.Popen([LINK, *words, *names], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout.readline() == 'ready\n'
        for end, name in enumerate(names):
            _ip('-n', name, 'addr', 'add', f'10.9.0.{1 + end}', 'peer',
               f'10.9.0.{2 - end}', 'dev', 'link0')
            _ip('-n', name, 'link', 'set', 'link0', 'up')
        yield names
    finally:
        if process:
            process.communicate()
        for name in names:
            tap.shell('ip', 'netns', 'del', name)


def tcp_and_udp_pass_and_are_late():
    program = '''
import socket, sys, time
here, there = sys.argv[1:]
with socket.create_server(("10.9.0.2", 0)) as server:
    port = server.getsockname()[1]
    print(port, flush=True)
    conn, _ = server.accept()
    with conn:
        conn.sendall(conn.recv(100))
'''
    asker = '''
import socket, sys, time
begin = time.monotonic()
with socket.create_connection(("10.9.0.2", int(sys.argv[1]))) as conn:
    conn.sendall(b"over the link")
    assert conn.recv(100) == b"over the link"
print(time.monotonic() - begin)
'''
    with _link_of('--delay', '20') as (here, there):
        server = subprocess.Popen(
            ['ip', 'netns', 'exec', there, 'python3', '-c', program, here, there],
            stdout=subprocess.PIPE, text=True)
        port = server.stdout.readline().strip()
        told = tap.shell('ip', 'netns', 'exec', here, 'python3', '-c', asker, port)
        server.wait(timeout=60)
        # A round trip to connect and one for the bytes.
        assert float(told.stdout) >= 0.08, told.stdout


tap.run(globals())
