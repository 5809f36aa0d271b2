#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/exports.py: headers, map and library show the same functions."""
import os
import shutil
import tempfile

import tap

TOOL = os.path.join(tap.SOURCE, 'tools', 'exports.py')

HEADER = '''
#define SNT_API __attribute__((visibility("default")))
/* SNT_API int snt_in_a_comment(void); */
SNT_API int snt_one(void);
SNT_API __attribute__((warn_unused_result)) int
snt_two(int (*fn)(void *arg), void *arg);
#define snt_three(x) \\
	snt_one(x)
'''
SOURCE = '''
int snt_one(void) { return 1; }
int snt_two(int (*fn)(void *arg), void *arg) { return fn(arg); }
int snt_three(void) { return 3; }
'''
MAP = 'SENNIT_0.1 {{ global: # names\n{} local: *; }};\n'


def _check(header=HEADER, mapped='snt_one; snt_two;', built=None):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, 'include', 'sennit'))
        os.makedirs(os.path.join(root, 'src'))
        for path, text in (('include/sennit/x.h', header),
                           ('src/sennit.map', MAP.format(mapped)),
                           ('built.map', MAP.format(built or mapped)),
                           ('x.c', SOURCE)):
            with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                file.write(text)
        library = os.path.join(root, 'libx.so')
        build = tap.shell('gcc', '-shared', '-fPIC', '-o', library,
                          '-Wl,--version-script=built.map', 'x.c', cwd=root)
        assert build.returncode == 0, build.stdout
        return tap.shell(TOOL, library, root)


def _fails(message, *arguments, **options):
    result = _check(*arguments, **options)
    assert result.returncode == 1, result.stdout
    assert message in result.stdout.splitlines(), result.stdout


def the_three_lists_of_this_library_are_the_same():
    library = os.path.join(tap.BUILD, 'src', 'libsennit.so.0')
    assert shutil.which('nm')
    result = tap.shell(TOOL, library, tap.SOURCE)
    assert result.returncode == 0, result.stdout


def equal_lists_pass():
    result = _check()
    assert result.returncode == 0 and not result.stdout, result.stdout


def a_function_missing_from_the_map_fails():
    _fails('snt_two is not in src/sennit.map nor in libx.so',
           mapped='snt_one;')


def a_function_missing_from_the_library_fails():
    _fails('snt_two is not in libx.so', built='snt_one;')


def a_function_missing_from_the_headers_fails():
    _fails('snt_three is not in include/sennit',
           mapped='snt_one; snt_two; snt_three;')


def a_pattern_in_the_map_hides_nothing():
    _fails('snt_three is not in include/sennit nor in src/sennit.map',
           built='snt_*;')


tap.run(globals())
