#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what the library shows. Usage: exports.py library.so [root]

Three lists have to be the same: the functions the public headers declare, the
names in src/sennit.map, the dynamic symbols of the built library.
"""
import glob
import os
import re
import subprocess
import sys


def declared(root):
    names = set()
    for path in glob.glob(os.path.join(root, 'include', 'sennit', '*.h')):
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


def mapped(root):
    with open(os.path.join(root, 'src', 'sennit.map'), encoding='utf-8') as file:
        text = re.sub(r'#.*', '', file.read())
    return set(re.findall(r'\b(\w+);', text.split('local:')[0]))


def exported(library):
    output = subprocess.run(['nm', '-D', '--defined-only', library], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    symbols = (line.split() for line in output.splitlines())
    return {name.split('@')[0] for _, kind, name in symbols if kind != 'A'}


def main():
    library, root = sys.argv[1], (sys.argv[2:] or ['.'])[0]
    lists = {
        'include/sennit': declared(root),
        'src/sennit.map': mapped(root),
        os.path.basename(library): exported(library),
    }
    bad = False
    for name in sorted(set().union(*lists.values())):
        lacking = [where for where, names in lists.items() if name not in names]
        if lacking:
            bad = True
            print(f'{name} is not in {" nor in ".join(lacking)}')
    if not lists['include/sennit']:
        bad = True
        print('no function is declared in include/sennit')
    return 1 if bad else 0


sys.exit(main())
