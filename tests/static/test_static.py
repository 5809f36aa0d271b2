#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tool as a static program, talking to the shared one of glibc's.

SENNIT_TALKS_TO is the latter (`make test LIBC=musl` builds it); without it, as
on a system that has no glibc, it is the shared tool of this build.
"""
import glob
import os
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, 'cli'))

import tap
import tool

CC = shlex.split(os.environ.get('CC', 'cc'))
OTHER = os.environ.get('SENNIT_TALKS_TO') or tool.SENNIT
# meson's, of this build's library: the other would take that for its own.
os.environ.pop('LD_LIBRARY_PATH', None)
root = tempfile.TemporaryDirectory()
STATIC = os.path.join(root.name, 'sennit')
DATA = bytes(range(256)) * 2000


def _build():
    result = tap.shell(
        *CC, '-std=gnu17', '-D_GNU_SOURCE', '-static', '-o', STATIC,
        '-I', os.path.join(tap.SOURCE, 'include'),
        *glob.glob(os.path.join(tap.SOURCE, 'cli', '*.c')),
        os.path.join(tap.BUILD, 'src', 'libsennit_internal.a'),
        *tap.dependency('openssl'), '-pthread')
    assert result.returncode == 0, result.stdout


def _talk(server, client, addr, backend):
    tool.SENNIT = server
    with tool.echo(addr, backend=backend) as serving:
        where = serving.address()
        tool.SENNIT = client
        for _ in range(3):
            got = tool.expect(0, '', 'connect', where, backend=backend,
                              data=DATA)
            assert got == DATA, len(got)


def it_needs_no_library(backend):
    told = subprocess.run(['readelf', '-d', tool.SENNIT], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=tool.LIMIT).stdout
    assert 'NEEDED' not in told, (backend, told)


def the_static_tool_answers_the_other(backend):
    for addr in '127.0.0.1:0', '[::1]:0', 'localhost:0':
        _talk(STATIC, OTHER, addr, backend)


def the_other_answers_the_static_tool(backend):
    for addr in '127.0.0.1:0', '[::1]:0', 'localhost:0':
        _talk(OTHER, STATIC, addr, backend)


def its_names_are_looked_up(backend):
    tool.SENNIT = STATIC
    tool.expect(3, 'nosuch.invalid', 'connect', 'nosuch.invalid:80',
                backend=backend)


_build()
tool.SENNIT = STATIC
tool.run(globals())
