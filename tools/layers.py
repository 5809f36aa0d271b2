#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails when an #include points up or sideways. Usage: layers.py [root]

The folder is the layer. A file of src/<layer>/ may include its own folder and
lower ones; public headers count as part of the layer that implements them.
cli/, examples/, python/ and the libraries beside the core (json/) see public
headers only, besides their own folder; no layer sees the headers of these.
"""
import os
import re
import sys

# Lowest first; those of one row do not know each other.
ROWS = [
    ['base'],
    ['addr'],
    ['io'],
    ['fiber'],
    ['socket', 'sim'],
    ['stream', 'tls'],
    ['frame', 'seq'],
    ['server'],
    ['proto'],
]
RANK = {layer: rank for rank, row in enumerate(ROWS) for layer in row}

# Public headers whose layer is not their own name.
PUBLIC = {'backend': 'fiber', 'certificate': 'tls', 'inspect': 'fiber', 'resolve': 'io',
          'signal': 'fiber', 'sim': 'io', 'sim_net': 'io', 'sync': 'fiber', 'workers': 'fiber',
          'datagram': 'socket', 'file': 'socket', 'message': 'socket', 'options': 'socket',
          'peer': 'socket', 'tcp': 'socket', 'text': 'base', 'wait': 'socket'}

# Libraries of their own on the core's public headers: <sennit/json.h>.
BESIDE = ['json']

OUTSIDE = ['cli', 'examples', 'python', *BESIDE]
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def sources(folder):
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(('.c', '.h', '.S')):
                yield os.path.join(place, name)


def layer_of_public(name):
    """The layer of <sennit/name.h>; 'sennit.h' is above all of them."""
    stem = re.sub(r'^sennit/|\.h$', '', name)
    return PUBLIC.get(stem, stem)


def wrong_inside(layer, name, quoted):
    """What is wrong with that include in that layer, or None."""
    if not quoted and name == 'sennit.h':
        return 'the umbrella header is for users'
    if not quoted and name.startswith('sennit/'):
        target = layer_of_public(name)
    elif not quoted:
        return None
    elif '/' not in name:
        return None if layer else 'a public header includes <sennit/...>'
    else:
        target = name.split('/')[0]
    if target in BESIDE and not quoted:
        return None if layer == target else f'{target} is no part of the core'
    if target not in RANK:
        return f'"{target}" is no layer'
    if layer in BESIDE or target == layer or RANK[target] < RANK[layer]:
        return None
    way = 'sideways' if RANK[target] == RANK[layer] else 'up'
    return f'{layer} includes {name}: this points {way}'


def check_layers(root):
    src = os.path.join(root, 'src')
    for path in sources(src):
        parts = os.path.relpath(path, src).split(os.sep)
        if parts[0] not in RANK:
            yield path, 1, f'"{parts[0]}" is no layer'
            continue
        for number, mark, name in includes(path):
            wrong = wrong_inside(parts[0], name, mark == '"')
            if wrong:
                yield path, number, wrong


def check_public(root):
    folder = os.path.join(root, 'include', 'sennit')
    for path in sources(folder):
        layer = layer_of_public(os.path.basename(path))
        for number, mark, name in includes(path):
            wrong = wrong_inside(layer, name, mark == '"')
            if mark == '"':
                wrong = 'a public header includes <sennit/...>'
            if wrong:
                yield path, number, wrong


def check_outside(root):
    for folder in OUTSIDE:
        for path in sources(os.path.join(root, folder)):
            for number, mark, name in includes(path):
                own = os.path.join(os.path.dirname(path), name)
                if mark == '"' and ('..' in name or not os.path.exists(own)):
                    yield path, number, f'{folder} sees public headers only'


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else '.'
    bad = [*check_layers(root), *check_public(root), *check_outside(root)]
    for path, line, text in bad:
        print(f'{os.path.relpath(path, root)}:{line}: {text}')
    return 1 if bad else 0


sys.exit(main())
