#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/mutate on a toy library, whose tests catch some bugs and not others."""
import atexit
import json
import os
import shutil
import signal
import subprocess
import tempfile

import tap

TOOL = os.path.join(tap.SOURCE, 'tools', 'mutate')
FILES = {
    'meson.build': '''project('toy', 'c')
lib = static_library('toy', 'src/io/toy.c')
foreach name : ['sum', 'drain']
  test(name, executable(name, name + '.c', link_with: lib), protocol: 'tap')
endforeach
''',
    'src/io/toy.h': '''int toy_sum(int count);
int toy_drain(void);
int toy_idle(int n);
''',
    'src/io/toy.c': '''#include "toy.h"

int toy_sum(int count)
{
	int sum = 0; /* if (a < b) is no code */

	for (int i = 1; i <= count; i++)
		sum += i;
	return sum;
}

int toy_drain(void)
{
	volatile int left = 3;

	while (left != 0)
		left /= 2;
	return left;
}

int toy_idle(int n)
{
	if (n < 7)
		return -1;
	return n;
}
''',
    'sum.c': '''#include "src/io/toy.h"
#include <stdio.h>

int main(void)
{
	printf("%sok 1 - adds up\\n1..1\\n", toy_sum(4) == 10 ? "" : "not ");
	return toy_sum(4) != 10;
}
''',
    # It leaves a process behind that is in no group of its own.
    'drain.c': '''#include "src/io/toy.h"
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		setsid();
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		pause();
	}
	return toy_drain();
}
''',
}
# On a busy machine a test that does not hang may be silent for a while.
PATIENT = ('--seconds', '5')
ROOT = tempfile.mkdtemp()
atexit.register(shutil.rmtree, ROOT, True)


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


for _name, _text in FILES.items():
    _write(os.path.join(ROOT, _name), _text)
tap.shell('git', 'init', '-q', ROOT)


def _mutate(*arguments):
    return tap.shell(TOOL, 'src/io', *arguments, cwd=ROOT)


def _told(name='all', *arguments):
    """{(function, change): verdict} of a run over all there are."""
    path = os.path.join(ROOT, 'build-mutants', name)
    if arguments or not os.path.exists(path):
        done = _mutate(*PATIENT, '--results', path, *arguments)
        assert done.returncode == 0, done.stdout
    with open(path, encoding='utf-8') as file:
        told = [json.loads(line) for line in file][1:]
    return {(one['function'], one['after']): one for one in told}


def _running():
    """The processes whose program is the toy's."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.readlink(f'/proc/{pid}/exe').startswith(ROOT):
                found.append(pid)
        except OSError:
            pass
    return found


def the_same_seed_gives_the_same_mutants():
    first = _mutate('--list', '--count', '5', '--seed', 'a')
    assert first.returncode == 0, first.stdout
    again = _mutate('--list', '--count', '5', '--seed', 'a')
    patches = [run.stdout[run.stdout.index('--- a/'):]
               for run in (first, again)]
    assert patches[0] == patches[1] and patches[0].count('--- a/') == 5
    other = _mutate('--list', '--count', '5', '--seed', 'b')
    assert patches[0] not in other.stdout


def fewer_mutants_are_the_first_of_more():
    few = _mutate('--list', '--count', '2', '--seed', 'a').stdout
    more = _mutate('--list', '--count', '5', '--seed', 'a').stdout
    assert few[few.index('--- a/'):] in more


def what_is_listed_is_a_patch():
    listed = _mutate('--list', '--count', '1', '--seed', 'a').stdout
    patch = os.path.join(ROOT, 'build-mutants', 'patch')
    _write(patch, listed[listed.index('--- a/'):])
    done = tap.shell('git', 'apply', '--check', patch, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def the_work_tree_stays_as_it_is():
    _told()
    for name, text in FILES.items():
        with open(os.path.join(ROOT, name), encoding='utf-8') as file:
            assert file.read() == text, name


def a_failing_test_kills_and_is_named():
    told = _told()['toy_sum', 'sum -= i;']
    assert told['verdict'] == 'test' and told['by'] == 'sum', told
    assert told['case'] == 'adds up', told


def a_mutant_that_hangs_is_killed_by_time():
    told = _told()['toy_drain', ';']
    assert told['verdict'] == 'time' and told['by'] == 'drain', told


def what_no_test_notices_survives():
    told = _told()['toy_idle', 'if (n < 8)']
    assert told['verdict'] == 'survived' and told['reached by'] == 0, told


def what_makes_the_same_object_is_not_drawn():
    told = _told()
    same = [change for _, change in told
            if change in ('while (left == 0)', 'while (!(left != 0))')]
    assert len(same) == 1, same


def comments_are_not_changed():
    assert not [key for key in _told() if 'a <= b' in key[1]]


def no_process_is_left():
    _told()
    assert not _running()


def a_command_kills_what_the_tests_let_live():
    _told()
    shutil.copyfile(os.path.join(ROOT, 'build-mutants', 'all'),
                    os.path.join(ROOT, 'build-mutants', 'also'))
    told = _told('also', '--again', '--also',
                 'grep -q "n < 7" "$MUTANT_SOURCE/src/io/toy.c"')
    assert told['toy_idle', 'if (n < 8)']['verdict'] == 'command'
    assert told['toy_idle', 'return 0;']['verdict'] == 'survived'
    assert told['toy_sum', 'sum -= i;']['verdict'] == 'test'


def a_command_that_fails_anyway_is_told():
    done = _mutate('--count', '1', '--seed', 'e', '--also', 'false')
    assert done.returncode == 2, done.stdout
    assert 'the command fails without any mutant' in done.stdout


def an_explained_survivor_is_equivalent():
    _told()
    explained = os.path.join(ROOT, 'build-mutants', 'explained')
    _write(explained, '# Why some survive.\n\nsrc/io/toy.c toy_idle constant\n'
           '- if (n < 7)\n+ if (n < 8)\nNobody calls it\nwith 7.\n')
    results = ['--results', 'build-mutants/all', '--explained', explained]
    done = _mutate(*results)
    assert 'equivalent, as explained      1' in done.stdout, done.stdout
    assert 'Nobody calls it with 7.' in done.stdout
    assert done.returncode == 0
    _write(explained, 'src/io/toy.c toy_idle constant\nNobody.\n')
    done = _mutate(*results)
    assert done.returncode == 2 and 'not "file function' in done.stdout


def too_small_a_share_fails_when_asked():
    _told()
    few = ['--results', 'build-mutants/all', '--at-least']
    assert _mutate(*few, '10').returncode == 0
    assert _mutate(*few, '99').returncode == 1


def an_interrupted_run_leaves_nothing_and_goes_on():
    command = [TOOL, 'src/io', '--count', '8', '--seed', 'c', *PATIENT]
    with subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as run:
        while not run.stdout.readline().startswith('1/8 '):
            assert run.poll() is None
        os.killpg(run.pid, signal.SIGINT)
        run.stdout.read()
    assert run.returncode == 130 and not _running()
    path = os.path.join(ROOT, 'build-mutants', 'c.jsonl')
    with open(path, encoding='utf-8') as file:
        before = file.readlines()
    assert 1 < len(before) < 9
    done = _mutate('--count', '8', '--seed', 'c', *PATIENT)
    assert done.returncode == 0, done.stdout
    with open(path, encoding='utf-8') as file:
        after = file.readlines()
    assert after[:len(before)] == before and len(after) == 9


def results_of_another_seed_are_refused():
    _told()
    done = _mutate('--seed', 'other', '--count', '1', '--results',
                   'build-mutants/all')
    assert done.returncode == 2 and 'another seed' in done.stdout


def tests_that_fail_anyway_are_told():
    path = os.path.join(ROOT, 'sum.c')
    _write(path, FILES['sum.c'].replace('== 10', '== 11'))
    try:
        done = _mutate('--count', '1', '--seed', 'd')
    finally:
        _write(path, FILES['sum.c'])
    assert done.returncode == 2, done.stdout
    assert 'the test sum fails without any mutant' in done.stdout


def wrong_words_are_refused():
    assert _mutate('--count', '0').returncode == 2
    assert _mutate('--frobnicate').returncode == 2
    done = tap.shell(TOOL, cwd=tempfile.gettempdir())
    assert done.returncode == 2, done.stdout


tap.run(globals())
