#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/simulation.md is true, and examples/simulation/ finds what it says.

Each console block of the page is run, its commands in order and in one folder,
and prints what the page shows; each C block stands so in the example. After a
change to the simulated network `test_simulation.py write` puts the present
output into the page: read what it says about it.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import (BACKENDS, FAMILIES, LIMIT, Server, client, environment, equal,
                  folder, in_each_world, program)

each_world = in_each_world(globals())

# Worlds are the same in every build, which the swarm's digests show; where a
# sanitizer makes them slow, fewer of them look for what it finds.
SLOW = 'sanitize' in os.environ.get('SENNIT_CFLAGS', '')

PAGE = os.path.join(tap.SOURCE, 'docs', 'simulation.md')
CONSOLE = re.compile(r'(?<=^```console\n).*?(?=^```$)', re.M | re.S)


def _page():
    with open(PAGE, encoding='utf-8') as file:
        return file.read()


def _replayed(block, where):
    """The same commands with what they print now."""
    text = ''
    for command in re.findall(r'^\$ (.*)$', block, re.M):
        done = tap.shell('sh', '-c', command, cwd=where, env=environment(''))
        text += f'$ {command}\n{done.stdout}'
    return text


def _in_a_folder(use):
    with folder() as where:
        os.symlink(tap.BUILD, os.path.join(where, 'build'))
        return use(where)


def _write():
    text = _in_a_folder(lambda where: CONSOLE.sub(
        lambda block: _replayed(block.group(), where), _page()))
    with open(PAGE, 'w', encoding='utf-8') as file:
        file.write(text)


def the_page_shows_what_its_commands_print():
    blocks = CONSOLE.findall(_page())
    assert len(blocks) >= 7, len(blocks)

    def replay(where):
        for block in blocks:
            equal(_replayed(block, where), block)
    if not SLOW:
        _in_a_folder(replay)


def the_page_shows_the_examples_own_lines():
    place = os.path.join(tap.SOURCE, 'examples', 'simulation')
    sources = ''
    for name in os.listdir(place):
        with open(os.path.join(place, name), encoding='utf-8') as file:
            sources += file.read()
    blocks = re.findall(r'^ *```c\n(.*?)^ *```$', _page(), re.M | re.S)
    assert len(blocks) >= 6, len(blocks)
    for block in blocks:
        assert block in sources, f'not in examples/simulation:\n{block}'


def _worlds(*words, **env):
    """(status, [lines])"""
    done = tap.shell(program('worlds'), *words, env=environment('', **env))
    return done.returncode, done.stdout.splitlines()


def _found(fence):
    """The seed that the swarm finds, what it says, and the faults."""
    code, lines = _worlds('swarm', fence, '100')
    equal(code, 1)
    seed = re.match(r'simulation of seed (\d+) failed .*: lost: ', lines[0])
    assert seed, lines
    return seed.group(1), lines


def a_hundred_worlds_find_the_bug():
    for fence in 'none', 'writes':
        _found(fence)


def the_seed_fails_the_same_way_with_an_equal_trace():
    for fence in 'none', 'writes':
        seed, lines = _found(fence)
        with folder() as where:
            traces = []
            for name in 'once', 'twice':
                path = os.path.join(where, name)
                equal(_worlds('run', fence, seed, SENNIT_SIM_TRACE=path),
                      (1, lines))
                with open(path, encoding='utf-8') as file:
                    traces.append(file.read())
            assert len(traces[0]) > 10000
            assert traces[0] == traces[1], 'the traces differ'


def few_faults_are_left_and_fail_still():
    for fence in 'none', 'writes':
        seed, lines = _found(fence)
        before = lines[1].removeprefix('faults: ').split()
        code, lines = _worlds('shrink', fence, seed)
        only = lines[1].removeprefix('faults: ')
        equal(code, 1)
        assert 1 <= len(only.split()) <= 3, only
        assert set(only.split()) <= set(before), (only, before)
        equal(_worlds('run', fence, seed, SENNIT_SIM_ONLY=only), (1, lines))


def without_faults_nobody_would_see_it():
    count = '30' if SLOW else '300'
    equal(_worlds('swarm', 'none', count, SENNIT_SIM_ONLY=''),
          (0, [f'{count} worlds went well']))


def the_fixed_one_survives_thousands_of_worlds():
    count = '100' if SLOW else '3000'
    equal(_worlds('swarm', 'all', count), (0, [f'{count} worlds went well']))


@each_world
def it_counts_for_real(backend, host):
    with Server('counter', backend, host, 'lock') as lock, \
            Server('counter', backend, host, 'store') as store:
        for total in '5\n', '10\n':
            equal(client('counter', backend, 'add', '5', lock.addr, store.addr),
                  (0, total, ''))


def it_says_what_it_can_be_told():
    equal(client('counter', BACKENDS[0], 'subtract'),
          (1, '', 'counter: say lock, store or add\n'))


if sys.argv[1:] == ['write']:
    _write()
else:
    tap.run(globals())
