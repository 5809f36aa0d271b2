#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples of the manual pages run, on each backend, and print what the
page says.

Under EXAMPLES, a plain literal block is a whole program, which needs no
argument, ends by itself and successfully. An indented one is what the program
before it prints.
"""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap
from play import BACKENDS, LIMIT, compiled, environment, equal, folder

PAGES = sorted(glob.glob(os.path.join(tap.SOURCE, 'man', '*.[37]')))
BLOCK = re.compile(r'^\.Bd -literal( -offset indent)?\n(.*?)^\.Ed$',
                   re.M | re.S)


def _examples(page):
    """[program, what it prints or None] of each."""
    with open(page, encoding='utf-8') as file:
        part = file.read().partition('\n.Sh EXAMPLES\n')[2]
    examples = []
    for indent, text in BLOCK.findall(part.partition('\n.Sh ')[0]):
        text = text.replace('\\e', '\\').replace('\\&', '')
        if indent:
            assert examples and examples[-1][1] is None, \
                'an output without its program'
            examples[-1][1] = text
        else:
            examples.append([text, None])
    return examples


def _run(program, prints):
    for backend in BACKENDS:
        done = subprocess.run([program], env=environment(backend), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=LIMIT, text=True)
        equal((backend, done.returncode, done.stderr), (backend, 0, ''))
        if prints is not None:
            equal((backend, done.stdout), (backend, prints))


def _register(page):
    name = os.path.basename(page)

    def test():
        examples = _examples(page)
        assert examples, 'no example'
        for number, (source, prints) in enumerate(examples, 1):
            with folder() as where:
                _run(compiled(source, where, f'{name}.{number}'), prints)
    test.__name__ = f"the_examples_of_{name.replace('.', '_')}_run"
    globals()[test.__name__] = test


for _page in PAGES:
    _register(_page)


def there_are_pages():
    assert len(PAGES) >= 16, PAGES


tap.run(globals())
