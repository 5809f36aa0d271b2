#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/install-deps asks for what is missing, and for nothing else.

The package manager is a stand-in that writes down how it was called.
"""
import os
import tempfile

import tap

SCRIPT = os.path.join(tap.SOURCE, 'scripts', 'install-deps')

# A package is there unless it is the missing one.
DPKG = '''#!/bin/sh
for name; do
	[ "$name" = "$MISSING" ] || echo "installed=$name"
done | grep . | tr '\\n' ' '
'''
APT = '#!/bin/sh\necho "apt-get $*" >>"$CALLS"\n'
SUDO = '#!/bin/sh\necho "sudo $*" >>"$CALLS"\n[ "$1" != -n ] || shift\n"$@"\n'
ID = '#!/bin/sh\necho "$USER_ID"\n'


def _install(kind, missing='', user=0, **environment):
    """(the script's result, what it called)."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in (('dpkg-query', DPKG), ('apt-get', APT),
                           ('sudo', SUDO), ('id', ID)):
            path = os.path.join(root, name)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            os.chmod(path, 0o755)
        calls = os.path.join(root, 'calls')
        result = tap.shell(SCRIPT, kind, env={
            'PATH': f'{root}:/usr/bin:/bin', 'CALLS': calls,
            'USER_ID': str(user), 'MISSING': missing, **environment})
        if not os.path.exists(calls):
            return result, []
        with open(calls, encoding='utf-8') as file:
            return result, file.read().splitlines()


def nothing_missing_is_silent_and_calls_nothing():
    for kind in 'build', 'test', 'ports', 'bench', 'ci':
        result, calls = _install(kind)
        assert result.returncode == 0 and not result.stdout, result.stdout
        assert not calls, calls


def what_is_missing_is_named_and_installed():
    result, calls = _install('build', 'ninja-build')
    assert result.returncode == 0, result.stdout
    assert result.stdout == 'Installing Debian packages: ninja-build\n'
    assert len(calls) == 2 and calls[0].startswith('apt-get update'), calls
    assert calls[1].startswith('apt-get install') and \
        calls[1].endswith('--no-install-recommends ninja-build'), calls


def building_does_not_need_what_tests_need():
    _, calls = _install('build', 'libcmocka-dev')
    assert not calls, calls
    _, calls = _install('test', 'libcmocka-dev')
    assert calls


def other_users_go_through_sudo():
    _, calls = _install('build', 'gcc', user=1000)
    assert calls[0].startswith('sudo env '), calls


def a_robot_is_not_asked_for_a_password():
    _, calls = _install('build', 'gcc', user=1000, CI='true')
    assert calls[0].startswith('sudo -n env '), calls


def an_unknown_kind_is_refused():
    result, _ = _install('everything')
    assert result.returncode == 2 and 'usage' in result.stdout


tap.run(globals())
