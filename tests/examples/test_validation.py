#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/validation.md is true: each of its programs prints what the block after
it says, and every name of ours that it mentions exists."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import BACKENDS, LIMIT, compiled, environment, equal, folder

PAGE = os.path.join(tap.SOURCE, 'docs', 'validation.md')


def _read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def _programs(language):
    """[(heading, program, what it prints)]"""
    found = []
    for section in re.split('^## ', _read(PAGE), flags=re.M):
        heading = section.split('\n')[0]
        blocks = re.findall(rf'^```{language}\n(.*?)^```\n\n```text\n(.*?)^```$',
                            section, re.M | re.S)
        found += [(heading, *block) for block in blocks]
    equal(len(found), len(re.findall(f'^```{language}$', _read(PAGE), re.M)))
    return found


def _prints(heading, text, *words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          timeout=LIMIT, stdin=subprocess.DEVNULL, **options)
    equal((heading, done.returncode, done.stdout, done.stderr),
          (heading, 0, text, ''))


def each_c_program_prints_what_the_page_says():
    programs = _programs('c')
    assert len(programs) >= 5, len(programs)
    for heading, source, text in programs:
        with folder() as where:
            program = compiled(source, where)
            for backend in BACKENDS:
                _prints(heading, text, program, env=environment(backend))


def each_python_program_prints_what_the_page_says():
    programs = _programs('python')
    assert programs, 'none'
    for heading, source, text in programs:
        _prints(heading, text, sys.executable, '-c', source)


def each_name_exists():
    headers = glob.glob(os.path.join(tap.SOURCE, 'include', 'sennit', '*.h'))
    known = set(re.findall(r'\b(?:snt|SNT)_\w+',
                           ''.join(_read(header) for header in headers)))
    named = set(re.findall(r'\b(?:snt|SNT)_\w+', _read(PAGE)))
    equal(sorted(named - known), [])


tap.run(globals())
