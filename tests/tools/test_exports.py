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


def _write(root, files):
    for path, text in files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)


def _build(root, name, symbols, source):
    library = os.path.join(root, name)
    build = tap.shell('gcc', '-shared', '-fPIC', '-o', library,
                      f'-Wl,--version-script={symbols}', source, cwd=root)
    assert build.returncode == 0, build.stdout
    return library


def _check(header=HEADER, mapped='snt_one; snt_two;', built=None):
    with tempfile.TemporaryDirectory() as root:
        _write(root, {'include/sennit/x.h': header,
                      'src/sennit.map': MAP.format(mapped),
                      'built.map': MAP.format(built or mapped),
                      'x.c': SOURCE})
        library = _build(root, 'libx.so', 'built.map', 'x.c')
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


def the_three_lists_of_libsennit_json_are_the_same():
    library = os.path.join(tap.BUILD, 'json', 'libsennit-json.so.0')
    result = tap.shell(TOOL, library, tap.SOURCE)
    assert result.returncode == 0, result.stdout


def a_library_beside_the_core_has_lists_of_its_own():
    for mapped, wrong in (
            ('snt_beside;', ''),
            ('snt_beside; snt_one;',
             'snt_one is not in include/sennit/json.h\n')):
        with tempfile.TemporaryDirectory() as root:
            _write(root, {
                'include/sennit/x.h': HEADER,
                'include/sennit/json.h': 'SNT_API int snt_beside(void);\n',
                'src/sennit.map': MAP.format('snt_one; snt_two;'),
                'json/sennit-json.map': MAP.format(mapped),
                'x.c': SOURCE,
                'y.c': SOURCE + 'int snt_beside(void) { return 0; }\n'})
            core = _build(root, 'libx.so', 'src/sennit.map', 'x.c')
            beside = _build(root, 'libsennit-json.so.0',
                            'json/sennit-json.map', 'y.c')
            told = tap.shell(TOOL, core, root).stdout
            assert told == '', told
            told = tap.shell(TOOL, beside, root).stdout
            assert told == wrong, told


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
