# SPDX-License-Identifier: MIT
"""Tests in Python that report like the ones in C: see tests/tools/.

    import tap

    def a_name_that_says_the_case():
        assert 2 + 2 == 4

    tap.run(globals())

Every public function defined in the file is a test; an exception fails it.
One argument chooses those with that text in their names.
"""
import json
import os
import subprocess
import sys
import time
import traceback

SOURCE = os.environ.get('SENNIT_SOURCE', os.getcwd())
BUILD = os.environ.get('SENNIT_BUILD', os.path.join(SOURCE, 'build'))


def shell(*words, **options):
    """Runs a command; .returncode and .stdout (with stderr) tell the rest."""
    options = {'timeout': 240, 'stdin': subprocess.DEVNULL, **options}
    return subprocess.run(words, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)


def backends():
    """The names of those to test on, as tests/runner.h has it."""
    asked = os.environ.get('SENNIT_TEST_BACKENDS')
    told = shell(os.path.join(BUILD, 'sennit'), '--version').stdout
    found = told.partition('works here: ')[2].partition('\n')[0].split(', ')
    return [name for name in ('direct', 'epoll', 'uring')
            if name in (asked.split() if asked else found)]


def dependency(name):
    """How the build compiles and links with another library: arguments. It is
    found by what they build, wherever it lies."""
    path = os.path.join(BUILD, 'meson-info', 'intro-dependencies.json')
    with open(path, encoding='utf-8') as file:
        for found in json.load(file):
            if found['name'] == name:
                return [*found['compile_args'], *found['link_args'],
                        *(f'-Wl,-rpath,{os.path.dirname(library)}'
                          for library in found['link_args']
                          if library.startswith('/'))]
    raise AssertionError(f'{BUILD} was set up without {name}')


# Whatever takes longer hangs; seconds.
LIMIT = 60


def soon(condition, what):
    """For what no descriptor tells; asks until LIMIT."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f'never came: {what}'
        time.sleep(0.01)


def run(names):
    part = sys.argv[1] if len(sys.argv) > 1 else ''
    tests = [value for name, value in names.items()
             if callable(value) and not name.startswith('_') and part in name
             and getattr(value, '__module__', '') == names['__name__']]
    failed = 0
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f'ok {number} - {test.__name__}', flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f'not ok {number} - {test.__name__}')
            for line in traceback.format_exc().splitlines():
                print(f'#   {line}', flush=True)
    print(f'1..{len(tests)}')
    sys.exit(1 if failed or not tests else 0)
