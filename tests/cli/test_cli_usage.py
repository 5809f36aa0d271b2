#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the tool explains itself, and what it says to a slip."""
import os
import re
import subprocess

import tap
import tool
from tool import expect, once

VERBS = 'echo', 'connect', 'listen', 'tls inspect'


def _page():
    with open(os.path.join(tap.SOURCE, 'man/sennit.1'),
              encoding='utf-8') as file:
        return file.read()


def alone_it_says_what_there_is(backend):
    code, out, told = once(backend=backend)
    assert (code, out) == (2, b'')
    for verb in VERBS:
        assert f'  {verb} ' in told, told


def slips_are_named_with_what_was_meant(backend):
    for words, named in (
            (['ecoh'], 'ecoh, maybe echo; see sennit --help'),
            (['conect', 'x:1'], 'conect, maybe connect; see sennit --help'),
            (['frobnicate'], 'frobnicate; see sennit --help'),
            (['--hlep'], '--hlep, maybe --help; see'),
            (['echo', '--worker=2', '--grce', '1'],
             '--grce, maybe --grace; see sennit echo --help'),
            (['echo', ':0', '--kepp'], 'no option --kepp;'),
            (['listen', '--keep=1', ':0'], '--keep takes no value; see'),
            (['listen', '-k', ':0'], 'no option -k;'),
            (['connect', '--workers', '2', ':1'], 'no option --workers;'),
            (['connect'], 'connect needs an address'),
            (['listen', 'a:1', 'b:2'], 'one address: b:2 is one too many;'),
            (['echo', '--grace'], '--grace needs a value;')):
        expect(2, named, *words, backend=backend)


def values_out_of_range_are_refused(backend):
    for value in '0', '-1', '257', '', '1x', '99999999999999999999':
        expect(2, '--workers', 'echo', '--workers', value, 'x:y',
               backend=backend)
    for value in ('', 's', '-1', '1d', '1.', '.5', '1 s', '5seconds',
                  '99999999h', '99999999999999999999s', 'nan', '0', '0ms'):
        expect(2, '--timeout', 'listen', '--timeout', value, 'x:y',
               backend=backend)


def durations_have_units_and_fractions(backend):
    for value in '500ms', '5s', '2m', '1h', '1', '1.5s', '0.001':
        expect(3, 'x', 'listen', '--timeout', value, '1.2:x',
               backend=backend)


def help_tells_of_every_verb_option_and_exit_code(backend):
    page = _page()
    overview = expect(0, '', '--help', backend=backend).decode()
    for verb in VERBS:
        assert f'  {verb} ' in overview
        text = expect(0, '', *verb.split(), '--help',
                      backend=backend).decode()
        assert text.startswith(f'Usage: sennit {verb} '), text
        for part in 'Addresses', 'Options', 'Examples', 'Exit status':
            assert f'\n{part}:\n' in text, part
        for option in re.findall(r'^  --([a-z-]+)', text, re.M):
            assert re.search(rf'^\.It Fl -{option}( |$)', page, re.M), option
        assert all(len(line) <= 80 for line in text.splitlines())


def help_and_the_manual_page_have_the_same_exit_codes(backend):
    text = expect(0, '', '--help', backend=backend).decode()
    table = text[text.index('Exit status:'):]
    codes = re.findall(r'^  (\d+) +(.*)$', table, re.M)
    assert len(codes) == 13, codes
    page = re.sub(r'\.Dv ', '', _page())
    for code, words in codes:
        assert f'.It {code}\n{words[0].upper()}{words[1:]}.' in page, \
            (code, words)


def version_is_the_librarys(backend):
    out = expect(0, '', '--version', backend=backend).decode()
    with open(os.path.join(tap.SOURCE, 'include/sennit/base.h'),
              encoding='utf-8') as file:
        numbers = re.findall(r'SNT_VERSION_\w+ (\d+)', file.read())
    assert out.startswith(f'sennit {".".join(numbers)}\nbackend {backend} ')
    assert '\nworks here: direct, epoll' in out
    assert backend in out.partition('works here: ')[2], out


def version_tells_of_a_backend_that_does_not_exist(backend):
    out = expect(0, '', '--version', backend='eppol').decode()
    assert '\nSENNIT_IO=eppol is no backend: it counts as auto\n' in out, out
    for known in '', 'auto', backend:
        out = expect(0, '', '--version', backend=known).decode()
        assert 'SENNIT_IO=' + known + ' is' not in out, out


def help_that_cannot_be_written_is_a_failure(backend):
    for words in ['--help'], ['--version'], ['echo', '--help']:
        with open('/dev/full', 'wb') as full:
            expect(7, 'no space left', *words, backend=backend, stdout=full)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, 'wb') as pipe:
        expect(7, 'nobody reads', '--help', backend=backend, stdout=pipe)


def only_public_headers_are_included(backend):
    folder = os.path.join(tap.SOURCE, 'cli')
    own = set(os.listdir(folder))
    for name in own:
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            for include in re.findall(r'#include "(.*)"', file.read()):
                assert include in own, (name, include)
    # All input and output is sennit's.
    names = subprocess.run(['nm', '-D', '--undefined-only', tool.SENNIT],
                           check=True, text=True, timeout=tool.LIMIT,
                           stdout=subprocess.PIPE).stdout
    if os.environ.get('SENNIT_CFLAGS'):  # the instrumentation's own calls
        return
    used = set(re.findall(r' U (\w+)', names))
    banned = {'read', 'write', 'recv', 'send', 'poll', 'select', 'epoll_wait',
              'socket', 'connect', 'bind', 'accept', 'accept4', 'getaddrinfo',
              'fcntl', 'ioctl', 'setsockopt'}
    assert not used & banned, (backend, used & banned)


tool.run(globals())
