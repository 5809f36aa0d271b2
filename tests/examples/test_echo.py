#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/echo.c: the handler of the README, run in three ways.

On a lone thread it costs nothing beyond its own system calls: strace shows no
epoll, no second stack, no mapping at all. That the same trace of the fibers
does show them says that the test can tell.
"""
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import (CC, FAMILIES, LIMIT, SANITIZED, Output, Server, asks, client,
                  environment, equal, folder, in_each_world, program, recv_all)

each_world = in_each_world(globals())


def _read(*names):
    with open(os.path.join(tap.SOURCE, *names), encoding='utf-8') as file:
        return file.read()


def _handler(text):
    found = re.search(r'^static int echo\(.*?^}$', text, re.M | re.S)
    assert found, 'there is no echo()'
    return found.group()


def the_handler_has_at_most_ten_lines():
    lines = _handler(_read('examples', 'echo.c')).splitlines()
    assert len(lines) <= 10, lines


def the_readme_shows_the_very_same_handler():
    readme = _read('README.md')
    equal(_handler(readme), _handler(_read('examples', 'echo.c')))


@each_world
def once_serves_one_client_and_ends(backend, host):
    with Server('echo', backend, host, 'once') as server:
        with server.connect() as conn:
            asks(conn, b'hello')
            conn.shutdown(socket.SHUT_WR)
            equal(recv_all(conn), b'')
        server.ends()


@each_world
def threads_serve_many_at_a_time(backend, host):
    with Server('echo', backend, host, 'threads') as server:
        conns = [server.connect()]
        asks(conns[0], b'hello')
        before = server.threads()  # with the sanitizer's own, if any
        conns += [server.connect() for _ in range(5)]
        for conn in reversed(conns):
            asks(conn, b'hello')
        equal(server.threads(), before + 5)
        server.waits_on_its_backend()
        equal(client('echo_client', backend, server.addr, text='me\n'),
              (0, 'echo: me\n', ''))
        for conn in conns:
            conn.close()


@each_world
def fibers_serve_many_on_one_thread(backend, host):
    with Server('echo', backend, host, 'fibers') as server:
        before = server.threads()
        conns = [server.connect() for _ in range(100)]
        for conn in reversed(conns):
            asks(conn, b'hello' * 1000)
        equal(server.threads(), before)
        server.waits_on_its_backend()
        equal(client('echo_client', backend, server.addr, text='me\n'),
              (0, 'echo: me\n', ''))
        for conn in conns:
            conn.close()


def localhost_is_served_on_both_families():
    for how in 'threads', 'fibers':
        with Server('echo', None, 'localhost', how) as server:
            for host in FAMILIES.values():
                with server.connect(host) as conn:
                    asks(conn, how.encode())


def a_second_server_is_told_that_the_port_is_taken():
    with Server('echo', None, 'localhost', 'fibers') as server:
        for how in 'once', 'threads', 'fibers':
            equal(client('echo', None, how, f'localhost:{server.port}'),
                  (1, '', f'echo: listen on {server.addr}: '
                          'address already in use (tried for 250 ms)\n'))


def _kill_traced(log):
    """Ends the program, and by that strace, which would let it live on."""
    with open(log, encoding='utf-8', errors='replace') as file:
        os.kill(int(file.readline().split()[0]), signal.SIGKILL)


def _trace(how):
    """The system calls of `echo how` with one client: name -> lines; those
    after it said that it listens apart."""
    # Its own leak check cannot run under strace; ours is of system calls.
    options = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
    with folder() as path:
        log = os.path.join(path, 'log')
        process = subprocess.Popen(
            ['strace', '-f', '-o', log, '--', program('echo'), how,
             'localhost:0'], stdout=subprocess.PIPE,
            env=environment(None, ASAN_OPTIONS=options))
        running = True
        try:
            out = Output(process.stdout)
            port = int(out.line().rpartition(':')[2])
            with socket.create_connection(('::1', port), LIMIT) as conn:
                asks(conn, b'hello')
                conn.shutdown(socket.SHUT_WR)
                equal(recv_all(conn), b'')
            if how == 'once':
                equal(process.wait(LIMIT), 0)
                running = False
        finally:
            if running:
                _kill_traced(log)
            process.communicate(timeout=LIMIT)
        with open(log, encoding='utf-8', errors='replace') as file:
            before, found, after = file.read().partition('"listening on ')
    assert found, 'the trace does not show it listening'
    return before, after.partition('\n')[2]


def _calls(trace):
    return set(re.findall(r'^(?:\d+ +)?(\w+)\(', trace, re.M))


def _calls_of_pollers(trace):
    return {call for call in _calls(trace)
            if 'epoll' in call or 'io_uring' in call}


def once_makes_no_call_but_its_own():
    before, after = _trace('once')
    equal(_calls_of_pollers(before + after), set())
    if SANITIZED:  # sanitizers map memory, and one starts a thread
        return
    # musl's malloc gives some memory back at once.
    allowed = {'munmap'} if 'musl-gcc' in CC else set()
    equal(_calls(after) - allowed, {'accept4', 'ppoll', 'recvfrom', 'sendto',
                                    'close', 'exit_group'})
    assert 'MAP_STACK' not in before, before
    started = _calls(before) & {'clone', 'clone3', 'fork', 'vfork',
                                'sigaltstack', 'madvise', 'eventfd2'}
    equal(started, set())


def threads_make_threads_and_no_poller():
    before, after = _trace('threads')
    assert _calls(after) & {'clone', 'clone3'}, after
    equal(_calls_of_pollers(before + after), set())


def fibers_make_stacks_and_one_poller():
    _, after = _trace('fibers')
    made = _calls_of_pollers(after) & {'epoll_create1', 'io_uring_setup'}
    equal(len(made), 1)
    assert 'MAP_STACK' in after, after
    if not SANITIZED:
        assert not _calls(after) & {'clone', 'clone3'}, after


tap.run(globals())
