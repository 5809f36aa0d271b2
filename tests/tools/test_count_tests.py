#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/count-tests: no way to fail goes by uncounted."""
import json
import os
import tempfile

import tap

SCRIPT = os.path.join(tap.SOURCE, 'scripts', 'count-tests')


def _counts(*runs):
    """The last line and the exit status for these (result, output) pairs."""
    with tempfile.NamedTemporaryFile('w', suffix='.json') as log:
        for result, output in runs:
            log.write(json.dumps({'name': 'x', 'command': ['x'],
                                  'result': result, 'stdout': output}) + '\n')
        log.flush()
        done = tap.shell(SCRIPT, log.name)
    return done.stdout.splitlines()[-1], done.returncode


def every_reported_test_counts():
    assert _counts(('OK', 'ok 1 - a\nok 2 - b\n1..2\n'),
                   ('OK', 'ok 1 - c\n1..1\n')) == ('3 passed, 0 failed', 0)


def a_program_without_tap_counts_as_one():
    assert _counts(('OK', 'hello\n'),
                   ('FAIL', None)) == ('1 passed, 1 failed', 1)


def a_failed_test_fails():
    assert _counts(('ERROR', 'ok 1 - a\nnot ok 2 - b\n1..2\n')) == \
        ('1 passed, 1 failed', 1)


def a_planned_test_that_was_not_reported_fails():
    assert _counts(('ERROR', '1..3\nok 1 - a\n')) == ('1 passed, 2 failed', 1)


def a_program_that_died_before_its_plan_fails():
    assert _counts(('ERROR', 'ok 1 - a\n')) == ('1 passed, 1 failed', 1)


def a_timeout_fails():
    assert _counts(('TIMEOUT', 'ok 1 - a\n1..1\n')) == ('1 passed, 1 failed', 1)


def a_skipped_test_fails():
    assert _counts(('OK', 'ok 1 - a # SKIP no tool\n1..1\n')) == \
        ('0 passed, 1 failed', 1)


def a_skipped_program_fails():
    assert _counts(('SKIP', '1..0 # SKIP\n')) == ('0 passed, 1 failed', 1)


def a_program_all_left_out_counts_as_none():
    left_out = '# left out: one: it cannot\n'
    assert _counts(('OK', 'ok 1 - a\n1..1\n'), ('SKIP', left_out + '1..0\n')) \
        == ('1 passed, 0 failed', 0)
    assert _counts(('OK', 'ok 1 - a\n1..1\n'), ('ERROR', left_out + '1..0\n')) \
        == ('1 passed, 1 failed', 1)
    assert _counts(('SKIP', left_out + '1..0\n')) == ('0 passed, 0 failed', 1)


def no_tests_at_all_fail():
    assert _counts() == ('0 passed, 0 failed', 1)


def a_missing_log_fails():
    done = tap.shell(SCRIPT, '/nonexistent/testlog.json')
    assert done.stdout == '0 passed, 0 failed\n' and done.returncode == 1


tap.run(globals())
