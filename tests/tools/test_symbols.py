#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/symbols.py holds each layer to its list."""
import os
import tempfile

import tap

TOOL = os.path.join(tap.SOURCE, 'tools', 'symbols.py')


def _check(base, io, base_allow='', io_allow=''):
    """Runs the tool on two layers of one file each."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, 'tools', 'symbols'))
        for layer, text, allow in (('base', base, base_allow),
                                   ('io', io, io_allow)):
            os.makedirs(os.path.join(root, 'src', layer))
            for path, content in (
                    (f'src/{layer}/x.c', text),
                    (f'src/{layer}/meson.build', "files('x.c')"),
                    (f'tools/symbols/{layer}.allow', allow)):
                with open(os.path.join(root, path), 'w',
                          encoding='utf-8') as file:
                    file.write(content)
        return tap.shell(TOOL, root)


def _passes(*arguments):
    result = _check(*arguments)
    assert result.returncode == 0 and not result.stdout, result.stdout


def _fails(message, *arguments):
    result = _check(*arguments)
    assert result.returncode == 1, result.stdout
    assert message in result.stdout.splitlines(), result.stdout


POLLS = '#include <poll.h>\nint snt__f(void) { return poll(0, 0, 0); }\n'
CALLS = 'int snt__f(void);\nint snt__g(void);\nint snt__g(void) { return snt__f(); }'
NOTHING = 'int snt__f(void);\nint snt__f(void) { return 0; }\n'


def this_tree_keeps_to_its_lists():
    result = tap.shell(TOOL, tap.SOURCE)
    assert result.returncode == 0, result.stdout


def a_name_on_the_list_is_fine():
    _passes('', POLLS, '', '# waiting\npoll\n')


def a_name_not_on_the_list_fails():
    _fails('src/base/x.c: poll: it is not in tools/symbols/base.allow',
           POLLS, '', '', '')


def the_list_of_another_layer_does_not_count():
    _fails('src/base/x.c: poll: it is not in tools/symbols/base.allow',
           POLLS, '', '', 'poll')


def a_call_down_is_fine():
    _passes(NOTHING, CALLS)


def a_call_up_fails():
    _fails('src/base/x.c: snt__f: no lower layer defines it', CALLS, NOTHING)


def a_name_that_nothing_uses_fails():
    _fails('tools/symbols/io.allow: poll: nothing uses it',
           '', NOTHING, '', 'poll')


def _check_beside(text, allow=''):
    """Runs the tool on a library beside a core that shows snt_f."""
    with tempfile.TemporaryDirectory() as root:
        for path, content in (('src/sennit.map', 'global:\n\tsnt_f;\n'),
                              ('json/x.c', text),
                              ('json/meson.build', "files('x.c')"),
                              ('tools/symbols/json.allow', allow)):
            os.makedirs(os.path.dirname(os.path.join(root, path)),
                        exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                file.write(content)
        return tap.shell(TOOL, root)


def a_library_beside_the_core_calls_what_the_core_shows():
    text = 'int snt_f(void);\nint snt_g(void);\nint snt_g(void) { return %s; }'
    result = _check_beside(text % 'snt_f()')
    assert result.returncode == 0 and not result.stdout, result.stdout
    result = _check_beside((text % 'snt__f()').replace('snt_f', 'snt__f'))
    assert result.stdout == ('json/x.c: snt__f: the core does not show it\n'
                             ), result.stdout
    result = _check_beside(POLLS)
    assert result.stdout == ('json/x.c: poll: it is not in '
                             'tools/symbols/json.allow\n'), result.stdout
    assert _check_beside(POLLS, 'poll').returncode == 0


def a_source_that_does_not_compile_fails():
    result = _check('int x = ;', '')
    assert result.returncode != 0


tap.run(globals())
