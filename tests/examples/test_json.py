#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/json_server.c and json_client.c, with each other and with Python."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import Server, client, equal, in_each_world, python_server

each_world = in_each_world(globals())


def _ask(file, line):
    file.write(line if isinstance(line, bytes) else json.dumps(line).encode())
    file.write(b'\n')
    file.flush()
    return json.loads(file.readline())


@each_world
def the_server_adds_for_the_client(backend, host):
    with Server('json_server', backend, host) as server:
        equal(client('json_client', backend, server.addr, '1', '2.5', '-7'),
              (0, '-3.5\n', ''))
        server.waits_on_its_backend()


@each_world
def the_server_adds_for_python(backend, host):
    with Server('json_server', backend, host) as server, \
            server.connect() as conn, conn.makefile('rwb') as file:
        for numbers in [], [1], [0.1, 0.2], list(range(10000)):
            equal(_ask(file, {'add': numbers, 'é': ['\U0001f600']}),
                  {'sum': sum(numbers)})


@each_world
def what_is_no_request_is_told_and_the_next_one_answered(backend, host):
    with Server('json_server', backend, host) as server, \
            server.connect() as conn, conn.makefile('rwb') as file:
        equal(_ask(file, {'sub': [1]}), {'error': 'no array "add"'})
        for line, error in (
                (b'{"add":[1,]}', 'line 1 column 11: ] where a value belongs'),
                (b'{"add":[],"add":[]}',
                 'line 1 column 11: duplicate key "add"'),
                (b'[' * 40, 'line 1 column 33: deeper than 32 levels'),
                (b'NaN', 'line 1 column 1: NaN where a value belongs')):
            where = f'json from {conn.getsockname()[0]}' if ':' not in host \
                else f'json from [{conn.getsockname()[0]}]'
            equal(_ask(file, line),
                  {'error': f'{where}:{conn.getsockname()[1]}: {error}'})
        equal(_ask(file, {'add': [3, 4]}), {'sum': 7})


@each_world
def the_client_asks_python(backend, host):
    def add(conn):
        with conn.makefile('rwb') as file:
            request = json.loads(file.readline())
            equal(request, {'add': [1, 0.1]})
            file.write(json.dumps({'sum': sum(request['add'])},
                                  indent=None).encode() + b'\r\n')

    with python_server(host, add) as where:
        equal(client('json_client', backend, where, '1', '0.1'),
              (0, '1.1\n', ''))


@each_world
def the_client_tells_what_is_wrong_with_an_answer(backend, host):
    def answers(text):
        def answer(conn):
            with conn.makefile('rwb') as file:
                file.readline()
                file.write(text)
        return answer

    with python_server(host, answers(b'{"sum":3,}\n'), answers(b'{"sum"'),
                       answers(b''), answers(b'{"error":"no"}\n'),
                       answers(b'[]\n')) as where:
        for error in (f'json from {where}: line 1 column 10: }} where a key '
                      'belongs',
                      f'recv_frame from {where}: stream ended inside a message',
                      f'{where}: no answer', 'no', 'an answer without a sum'):
            equal(client('json_client', backend, where, '1'),
                  (1, '', f'json_client: {error}\n'))


tap.run(globals())
