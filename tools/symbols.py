#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks which names each layer's objects call. Usage: symbols.py [root]

A layer may use its own symbols, those that lower layers define, and the libc
names in tools/symbols/<layer>.allow: one a line, # for comments. So the lists
say who talks to the kernel (io), and a new name is a decision somebody sees.
A name in a list that no object uses any more is an error, too.

The sources are compiled plainly for this, and always by gcc, since sanitizers,
FORTIFY, the stack protector and other compilers have names of their own.
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


def listed_sources(root, layer):
    """The files the layer's meson.build names, for this machine."""
    with open(os.path.join(root, 'src', layer, 'meson.build'),
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


def check(layer, undefined, below, allow):
    for name, source in sorted(undefined):
        if name in below or name in allow or COMPILER.fullmatch(name):
            continue
        where = ('no lower layer defines it' if name.startswith('snt_')
                 else f'it is not in tools/symbols/{file_of(layer)}')
        yield f'{source}: {name}: {where}'
    for name in sorted(allow - {name for name, _ in undefined}):
        yield f'tools/symbols/{file_of(layer)}: {name}: nothing uses it'


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else '.'
    layers = [layer for layer in ORDER
              if glob.glob(os.path.join(root, 'src', layer, 'meson.build'))]
    below, bad = set(), []
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for layer in layers:
            paths = [f'src/{layer}/{name}'
                     for name in listed_sources(root, layer)]
            found = list(pool.map(lambda path: symbols(root, path, folder),
                                  paths))
            undefined = set().union(*(pair[0] for pair in found))
            below |= set().union(*(pair[1] for pair in found))
            bad += check(layer, undefined, below, allowed(root, layer))
    print('\n'.join(bad), end='\n' if bad else '')
    return 1 if bad else 0


sys.exit(main())
