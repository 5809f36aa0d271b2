#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks which names each layer's objects call. Usage: symbols.py [root]

A layer may use its own symbols, those that lower layers define, and the libc
names in tools/symbols/<layer>.allow: one a line, # for comments. So the lists
say who talks to the kernel (io), and a new name is a decision somebody sees.
A name in a list that no object uses any more is an error, too.

The sources are compiled plainly for this, and always by gcc, since sanitizers,
FORTIFY, the stack protector and other compilers have names of their own.

A library beside the core (json/) may use its own symbols, those that
src/sennit.map shows, and the names in its list, another library's among them.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

FLAGS = ('-std=gnu17 -O1 -w -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '
         '-U_FORTIFY_SOURCE -fno-stack-protector -fno-pie -pthread').split()

# What the compiler itself may call, wherever it likes.
COMPILER = re.compile(r'mem(cpy|set|move|cmp)|_GLOBAL_OFFSET_TABLE_|__aarch64_\w+')

# A simulated world's two halves come after what runs in it, which never calls
# them: they stand behind the seam, or around it.
ORDER = ['base', 'addr', 'io', 'fiber', 'socket', 'io/sim', 'sim', 'stream',
         'frame', 'tls', 'seq', 'server', 'proto']

BESIDE = ['json']


def listed_sources(root, folder):
    """The files that the folder's meson.build names, for this machine."""
    with open(os.path.join(root, folder, 'meson.build'),
              encoding='utf-8') as file:
        text = re.sub(r'#.*', '', file.read())
    names = re.findall(r"'(\w+\.[cS])'", text)
    machine = os.uname().machine
    return [name for name in names
            if not name.startswith('switch_') or name == f'switch_{machine}.S']


def symbols(root, source, folder):
    """(undefined, defined) of one source file."""
    target = os.path.join(folder, re.sub(r'\W', '_', source) + '.o')
    subprocess.run(['gcc', *FLAGS, '-Isrc', '-Iinclude', '-c', source,
                    '-o', target], cwd=root, check=True)
    output = subprocess.run(['nm', '-g', target], check=True,
                            capture_output=True, text=True).stdout
    pairs = [line.split()[-2:] for line in output.splitlines()]
    return ({(name, source) for kind, name in pairs if kind in 'Uwv'},
            {name for kind, name in pairs if kind not in 'Uwv'})


def file_of(layer):
    return layer.replace('/', '-') + '.allow'


def allowed(root, layer):
    path = os.path.join(root, 'tools', 'symbols', file_of(layer))
    with open(path, encoding='utf-8') as file:
        return set(re.sub(r'#.*', '', file.read()).split())


def shown(root):
    """What the core shows."""
    with open(os.path.join(root, 'src', 'sennit.map'), encoding='utf-8') as file:
        return set(re.findall(r'^\s+(snt_\w+);', file.read(), re.M))


def check(layer, undefined, below, allow):
    for name, source in sorted(undefined):
        if name in below or name in allow or COMPILER.fullmatch(name):
            continue
        where = ('the core does not show it' if layer in BESIDE
                 else 'no lower layer defines it')
        if not name.startswith('snt_'):
            where = f'it is not in tools/symbols/{file_of(layer)}'
        yield f'{source}: {name}: {where}'
    for name in sorted(allow - {name for name, _ in undefined}):
        yield f'tools/symbols/{file_of(layer)}: {name}: nothing uses it'


def found_in(root, folder, place, pool):
    """(undefined, defined) of all sources of a folder."""
    paths = [f'{folder}/{name}' for name in listed_sources(root, folder)]
    found = list(pool.map(lambda path: symbols(root, path, place), paths))
    return (set().union(*(pair[0] for pair in found)),
            set().union(*(pair[1] for pair in found)))


def there(root, folders):
    return [folder for folder in folders
            if glob.glob(os.path.join(root, folder, 'meson.build'))]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else '.'
    below, bad = set(), []
    with tempfile.TemporaryDirectory() as place, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for folder in there(root, ['src/' + layer for layer in ORDER]):
            layer = folder.removeprefix('src/')
            undefined, defined = found_in(root, folder, place, pool)
            below |= defined
            bad += check(layer, undefined, below, allowed(root, layer))
        for folder in there(root, BESIDE):
            undefined, defined = found_in(root, folder, place, pool)
            bad += check(folder, undefined, defined | shown(root),
                         allowed(root, folder))
    print('\n'.join(bad), end='\n' if bad else '')
    return 1 if bad else 0


sys.exit(main())
