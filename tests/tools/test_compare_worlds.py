#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/compare-worlds: one world that differs anywhere is a failure."""
import os
import shutil
import tempfile

import tap

SCRIPT = os.path.join(tap.SOURCE, 'scripts', 'compare-worlds')
WORLDS = ('echo 0x1 aa\n', 'echo 0x2 bb\n', 'storm 0x3 cc\n')


def _compared(least, *builds):
    """The last line and the exit status for builds with these lines."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, 'scripts'))
        script = shutil.copy(SCRIPT, os.path.join(folder, 'scripts'))
        for number, lines in enumerate(builds):
            build = os.path.join(folder, f'build-{number}')
            os.mkdir(build)
            with open(os.path.join(build, 'worlds'), 'w',
                      encoding='utf-8') as file:
                file.writelines(lines)
        done = tap.shell(script, str(least))
    return done.stdout.splitlines()[-1], done.returncode


def equal_worlds_pass():
    assert _compared(2, WORLDS, WORLDS) == ('3 passed, 0 failed', 0)


def another_digest_fails():
    other = (*WORLDS[:2], 'storm 0x3 cd\n')
    assert _compared(3, WORLDS, other, WORLDS) == ('2 passed, 1 failed', 1)


def a_missing_world_fails():
    assert _compared(2, WORLDS[:2], WORLDS) == ('2 passed, 1 failed', 1)


def too_few_builds_fail():
    assert _compared(3, WORLDS, WORLDS) == ('3 passed, 1 failed', 1)


def no_build_at_all_fails():
    assert _compared(1) == ('0 passed, 1 failed', 1)


tap.run(globals())
