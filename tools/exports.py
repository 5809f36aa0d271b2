#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a library shows. Usage: exports.py library.so [root]

Three lists have to be the same: the functions the public headers declare, the
names in src/sennit.map, the dynamic symbols of the built library. Of a library
beside the core, libsennit-json.so, these are the ones that sennit/json.h
declares and those in json/sennit-json.map.
"""
import glob
import os
import re
import subprocess
import sys


def map_of(name):
    """The map of the library beside the core that has this name."""
    return os.path.join(name, f'sennit-{name}.map')


def headers(root, beside):
    """That library's one, or all of the core."""
    folder = os.path.join(root, 'include', 'sennit')
    if beside:
        return [os.path.join(folder, beside + '.h')]
    return [path for path in glob.glob(os.path.join(folder, '*.h'))
            if not os.path.exists(os.path.join(
                root, map_of(os.path.basename(path)[:-2])))]


def declared(paths):
    names = set()
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = file.read()
        text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
        text = re.sub(r'^[ \t]*#(.*\\\n)*.*', '', text, flags=re.M)
        for statement in text.split(';'):
            match = re.search(r'\bSNT_API\b.*?\b(snt_\w+)\s*\(', statement,
                              re.S)
            if match:
                names.add(match.group(1))
            elif re.search(r'\bsnt_\w+\s*\([^()]*\)\s*$', statement):
                print(f'{path}: no SNT_API: {" ".join(statement.split())}')
                names.add('(a function without SNT_API)')
    return names


def mapped(path):
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'#.*', '', file.read())
    return set(re.findall(r'\b(\w+);', text.split('local:')[0]))


def exported(library):
    output = subprocess.run(['nm', '-D', '--defined-only', library], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    symbols = (line.split() for line in output.splitlines())
    return {name.split('@')[0] for _, kind, name in symbols if kind != 'A'}


def main():
    library, root = sys.argv[1], (sys.argv[2:] or ['.'])[0]
    name = os.path.basename(library)
    beside = re.match(r'(?:libsennit-(\w+)\.so)?', name).group(1)
    where = f'include/sennit/{beside}.h' if beside else 'include/sennit'
    listed = map_of(beside) if beside else 'src/sennit.map'
    lists = {
        where: declared(headers(root, beside)),
        listed: mapped(os.path.join(root, listed)),
        name: exported(library),
    }
    bad = False
    for name in sorted(set().union(*lists.values())):
        lacking = [place for place, names in lists.items() if name not in names]
        if lacking:
            bad = True
            print(f'{name} is not in {" nor in ".join(lacking)}')
    if not lists[where]:
        bad = True
        print(f'no function is declared in {where}')
    return 1 if bad else 0


sys.exit(main())
