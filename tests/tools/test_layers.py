#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/layers.py finds what points up or sideways, and only that."""
import os
import tempfile

import tap

TOOL = os.path.join(tap.SOURCE, 'tools', 'layers.py')


def _check(**files):
    """Runs the tool on a tree of these files; a__b stands for a/b."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = os.path.join(root, *name.split('__')) + '.c'
            if name.startswith('include'):
                path = path[:-1] + 'h'
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        return tap.shell(TOOL, root)


def _passes(**files):
    result = _check(**files)
    assert result.returncode == 0 and not result.stdout, result.stdout


def _fails(message, **files):
    result = _check(**files)
    assert result.returncode == 1, result.stdout
    assert result.stdout == message + '\n', result.stdout


def this_tree_has_no_include_that_points_up():
    result = tap.shell(TOOL, tap.SOURCE)
    assert result.returncode == 0, result.stdout


def own_folder_and_lower_ones_are_fine():
    _passes(src__io__x='#include "io/io.h"\n#include "base/list.h"\n'
                       '#include <sennit/addr.h>\n#include <poll.h>\n')


def an_include_of_a_higher_layer_fails_with_file_and_line():
    _fails('src/base/x.c:2: base includes io/io.h: this points up',
           src__base__x='\n#include "io/io.h"\n')


def an_include_of_a_sibling_fails():
    _fails('src/tls/x.c:1: tls includes stream/stream.h: this points sideways',
           src__tls__x='#include "stream/stream.h"\n')


def a_higher_public_header_fails():
    _fails('src/io/x.c:1: io includes sennit/socket.h: this points up',
           src__io__x='#include <sennit/socket.h>\n')


def a_public_header_keeps_to_its_layer_too():
    _fails('include/sennit/addr.h:1: addr includes sennit/fiber.h: '
           'this points up',
           include__sennit__addr='#include <sennit/fiber.h>\n')


def a_public_header_shows_nothing_private():
    _fails('include/sennit/fiber.h:1: a public header includes <sennit/...>',
           include__sennit__fiber='#include "base/list.h"\n')


def the_tool_sees_public_headers_only():
    _passes(cli__main='#include <sennit.h>\n#include "other.c"\n', cli__other='')
    _fails('cli/main.c:1: cli sees public headers only',
           cli__main='#include "base/list.h"\n')


def an_example_sees_public_headers_only():
    _fails('examples/echo.c:1: examples sees public headers only',
           examples__echo='#include "../src/base/list.h"\n')


def a_library_beside_the_core_sees_public_headers_only():
    _passes(json__x='#include <sennit/frame.h>\n#include <sennit/json.h>\n'
                    '#include "y.c"\n', json__y='')
    _passes(include__sennit__json='#include <sennit/stream.h>\n')
    _fails('json/x.c:1: json sees public headers only',
           json__x='#include "frame/format.h"\n')


def no_layer_sees_a_library_beside_the_core():
    _fails('src/server/x.c:1: json is no part of the core',
           src__server__x='#include <sennit/json.h>\n')
    _fails('include/sennit/frame.h:1: json is no part of the core',
           include__sennit__frame='#include <sennit/json.h>\n')


def a_folder_that_is_no_layer_fails():
    _fails('src/util/x.c:1: "util" is no layer', src__util__x='')


tap.run(globals())
