#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/from-python.md is true: its pairs of programs print the same, and every
name that it, the README and docs/when-udp.md mention exists."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import BACKENDS, LIMIT, compiled, environment, equal, folder

PAGES = [os.path.join('docs', 'from-python.md'), 'README.md',
         os.path.join('docs', 'when-udp.md')]


def _read(*names):
    with open(os.path.join(tap.SOURCE, *names), encoding='utf-8') as file:
        return file.read()


def _pairs():
    """(title, Python, C, what both print)."""
    found = re.findall(r'^### ([^\n]*)\n\n```python\n(.*?)^```\n\n'
                       r'```c\n(.*?)^```\n\n```text\n(.*?)^```\n',
                       _read(PAGES[0]), re.M | re.S)
    assert len(found) >= 7, [title for title, *_ in found]
    return found


def _prints(text, *words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          timeout=LIMIT, stdin=subprocess.DEVNULL, **options)
    equal((done.returncode, done.stdout, done.stderr), (0, text, ''))


def every_c_block_belongs_to_a_pair():
    equal(len(re.findall('^```c$', _read(PAGES[0]), re.M)), len(_pairs()))


def each_python_program_prints_what_the_page_says():
    for title, python, _, text in _pairs():
        try:
            _prints(text, sys.executable, '-c', python)
        except AssertionError as error:
            raise AssertionError(f'{title}: {error}') from error


def each_c_program_prints_the_same():
    for title, _, source, text in _pairs():
        with folder() as where:
            try:
                program = compiled(source, where)
                for backend in BACKENDS:
                    _prints(text, program, env=environment(backend))
            except AssertionError as error:
                raise AssertionError(f'{title}: {error}') from error


def each_name_exists():
    headers = glob.glob(os.path.join(tap.SOURCE, 'include', 'sennit', '*.h'))
    known = set(re.findall(r'\b(?:snt|SNT)_\w+',
                           ''.join(_read(header) for header in headers)))
    for page in PAGES:
        named = set(re.findall(r'\b(?:snt|SNT)_\w+', _read(page)))
        equal(sorted(named - known), [])


def each_link_leads_somewhere():
    for page in PAGES:
        for link in re.findall(r'\]\(([^)#]+)', _read(page)):
            path = os.path.join(tap.SOURCE, os.path.dirname(page), link)
            assert '://' in link or os.path.exists(path), f'{page}: {link}'


tap.run(globals())
