#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The swarm's runner: what a seed makes, and what is told of a failure."""
import os
import re
import shlex
import tempfile

import tap

SWARM = os.path.join(tap.BUILD, 'tests/swarm/swarm')
BROKEN = os.path.join(tap.BUILD, 'tests/swarm/swarm_broken')


def _sums(*words):
    """What a run's worlds add up to, without the time that it took."""
    done = tap.shell(SWARM, '--from', '7', '--worlds', '60', *words)
    assert done.returncode == 0, done.stdout
    return re.sub(r'\d+ worlds in .* a second;', '', done.stdout)


def worlds_do_not_depend_on_how_many_processes_run_them():
    assert _sums('--jobs', '1') == _sums('--jobs', '3')


def fresh_seeds_are_told_and_can_be_had_again():
    done = tap.shell(SWARM, '--worlds', '5', '--jobs', '1')
    base = re.match(r'seeds from (0x[0-9a-f]+)\n', done.stdout).group(1)
    again = tap.shell(SWARM, '--worlds', '5', '--jobs', '1', '--from', base)
    tail = re.compile(r'hours.*', re.S)
    assert tail.search(done.stdout).group() == tail.search(again.stdout).group()


def every_scenario_is_listed_and_runs_alone():
    listed = tap.shell(SWARM, '--list').stdout.splitlines()
    assert len(listed) >= 12
    for line in listed:
        name = line.split()[0]
        done = tap.shell(SWARM, '--scenario', name, '--worlds', '2')
        assert done.stdout.endswith('1 passed, 0 failed\n'), done.stdout


def the_command_that_is_told_fails_in_the_same_way():
    done = tap.shell(BROKEN, '--scenario', 'stumbles', '--worlds', '100')
    assert done.returncode == 1
    command = re.search(r'stumbled: walker has stumbled\n +(.*) --trace trace',
                        done.stdout).group(1)
    again = tap.shell(*shlex.split(command))
    assert again.returncode == 1
    assert 'failed: stumbled: walker has stumbled\n' in again.stdout


def the_first_failure_is_shrunk_to_what_it_needs():
    done = tap.shell(BROKEN, '--scenario', 'stumbles', '--worlds', '100')
    assert re.search(r'as few faults as it needs:\n.*\n'
                     r'faults: stumble:7\n', done.stdout), done.stdout


def a_crash_is_told_with_its_seed_and_the_rest_goes_on():
    done = tap.shell(BROKEN, '--scenario', 'dies', '--worlds', '100')
    assert done.returncode == 1
    assert done.stdout.startswith('seeds from ')
    assert '100 worlds in ' in done.stdout
    assert re.search(r'dies: crash: .*\n.* --scenario dies --seed 0x',
                     done.stdout)


def a_run_ends_at_the_first_failure_where_that_is_asked():
    done = tap.shell(BROKEN, '--scenario', 'stumbles', '--worlds', '100000',
                     '--first')
    assert done.returncode == 1
    assert int(re.search(r'(\d+) worlds in', done.stdout).group(1)) < 100000


def scenarios_count_as_tests():
    done = tap.shell(BROKEN, '--worlds', '300')
    assert done.stdout.endswith('\n1 passed, 2 failed\n')


def a_trace_is_written_where_it_is_asked():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'trace')
        done = tap.shell(SWARM, '--scenario', 'echo', '--seed', '0x1234',
                         '--trace', path)
        assert done.returncode == 0, done.stdout
        with open(path, encoding='utf-8') as trace:
            assert len(trace.readlines()) > 100


def what_it_cannot_make_sense_of_is_told():
    for words, told in ((('--scenario', 'none'), 'no scenario none'),
                        (('--worlds', 'many'), 'no number'),
                        (('--seed', '-1'), 'no number'),
                        (('rest',), 'Usage: ')):
        done = tap.shell(SWARM, *words)
        assert done.returncode == 2
        assert told in done.stdout


tap.run(globals())
