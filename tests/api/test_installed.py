#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `meson install` leaves behind is a library people can use.

Installs into a temporary folder and then knows nothing but that folder and
what its sennit.pc says.
"""
import glob
import os
import re
import shlex
import socket
import subprocess
import tempfile

import tap

CC = shlex.split(os.environ.get('CC', 'gcc'))
CFLAGS = shlex.split(os.environ.get('SENNIT_CFLAGS', ''))
WARNINGS = '-Wall -Wextra -Wconversion -Wshadow -Werror'.split()

root = tempfile.TemporaryDirectory()
ENV = dict(os.environ)


def _installed(pattern):
    found = glob.glob(os.path.join(root.name, '**', pattern), recursive=True)
    assert found, f'{pattern} was not installed'
    return found[0]


def _run(*words):
    result = tap.shell(*words, env=ENV)
    assert result.returncode == 0, f'{words}:\n{result.stdout}'
    return result.stdout


def _pkg_config(*words, library='sennit'):
    ENV['PKG_CONFIG_SYSROOT_DIR'] = root.name
    ENV['PKG_CONFIG_LIBDIR'] = os.path.dirname(_installed('sennit.pc'))
    return _run('pkg-config', *words, library).strip()


def _libraries(source):
    """What pkg-config says for a program that includes what it includes."""
    with open(source, encoding='utf-8') as file:
        if '#include <sennit/json.h>' not in file.read():
            return shlex.split(_pkg_config('--cflags', '--libs'))
    # jansson is the machine's, wherever the build has found it.
    found = os.path.join(os.path.dirname(_installed('sennit.pc')), 'jansson.pc')
    with open(found, 'w', encoding='utf-8') as file:
        file.write('Name: jansson\nDescription: JSON\nVersion: 2.14\n')
    return [*shlex.split(_pkg_config('--cflags', '--libs',
                                     library='sennit-json')),
            *tap.dependency('jansson')]


def _compile(source, *flags, beside=()):
    program = os.path.join(root.name, os.path.basename(source)[:-2])
    _run(*CC, *flags, *WARNINGS, *CFLAGS, source, *beside, '-o', program,
         *_libraries(source))
    return program


def meson_installs():
    _run('meson', 'install', '-C', tap.BUILD, '--destdir', root.name,
         '--no-rebuild', '--quiet')
    ENV['LD_LIBRARY_PATH'] = os.path.dirname(_installed('libsennit.so.0'))


def every_public_header_is_installed():
    folder = os.path.join(tap.SOURCE, 'include')
    for path in glob.glob(os.path.join(folder, '**', '*.h'), recursive=True):
        _installed(os.path.relpath(path, folder))


def each_header_stands_alone_in_c17_and_cpp17():
    include = os.path.dirname(_installed('sennit.h'))
    _run(os.path.join(tap.SOURCE, 'tools', 'headers'), include)


def every_man_page_is_installed():
    for path in glob.glob(os.path.join(tap.SOURCE, 'man', '*.[0-9]')):
        _installed(os.path.basename(path))


def pkg_config_knows_the_version_of_the_headers():
    with open(_installed('sennit/base.h'), encoding='utf-8') as file:
        numbers = re.findall(r'SNT_VERSION_\w+ (\d+)', file.read())
    version = '.'.join(numbers)
    assert _pkg_config('--modversion') == version, version


def a_program_compiles_and_runs():
    program = _compile(os.path.join(tap.SOURCE, 'tests', 'api', 'use.c'),
                       '-std=c17', '-pedantic')
    assert _run(program).strip() == _pkg_config('--modversion')


def the_program_needs_the_soname():
    output = _run('readelf', '-d', os.path.join(root.name, 'use'))
    assert '[libsennit.so.0]' in output, output


def a_program_on_json_compiles_and_runs():
    program = _compile(os.path.join(tap.SOURCE, 'tests', 'api', 'use_json.c'),
                       '-std=c17', '-pedantic')
    assert _run(program) == '{"a":[1,2.5]}\n'
    needs = _run('readelf', '-d', program)
    assert '[libsennit-json.so.0]' in needs, needs
    assert '[libsennit.so.0]' in needs, needs


def the_core_needs_no_jansson():
    needs = _run('readelf', '-d', _installed('libsennit.so.0'))
    assert 'jansson' not in needs, needs
    assert 'jansson' not in _pkg_config('--libs', '--static')


def _has_main(source):
    with open(source, encoding='utf-8') as file:
        return '\nint main(' in file.read()


def every_example_compiles():
    sources = glob.glob(os.path.join(tap.SOURCE, 'examples', '**', '*.c'),
                        recursive=True)
    assert any(os.path.basename(source) == 'echo.c' for source in sources)
    parts = [source for source in sources if not _has_main(source)]
    for source in sources:
        if source not in parts:
            beside = [part for part in parts
                      if os.path.dirname(part) == os.path.dirname(source)]
            _compile(source, '-std=c17', '-pedantic', beside=beside)


def _echoes(program, how, backend):
    """Starts the example on a free port and talks to it."""
    server = subprocess.Popen([program, how, 'localhost:0'], text=True,
                              env={**ENV, 'SENNIT_IO': backend},
                              stdout=subprocess.PIPE)
    try:
        host, _, port = server.stdout.readline().split()[-1].rpartition(':')
        with socket.create_connection((host.strip('[]'), int(port)), 10) as s:
            s.sendall(b'hello\n')
            s.shutdown(socket.SHUT_WR)
            answer = s.makefile('rb').read()
        assert answer == b'hello\n', (how, backend, answer)
    finally:
        server.kill()
        server.communicate()


def the_echo_example_echoes_in_every_way_it_knows():
    program = _compile(os.path.join(tap.SOURCE, 'examples', 'echo.c'),
                       '-std=c17')
    for backend in tap.backends():
        for how in 'once', 'threads', 'fibers':
            _echoes(program, how, backend)


def the_installed_tool_says_its_version():
    output = _run(_installed('bin/sennit'), '--version')
    assert _pkg_config('--modversion') in output, output


tap.run(globals())
