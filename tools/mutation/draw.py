# SPDX-License-Identifier: MIT
"""Draws mutants: the same seed and sources, the same mutants.

Their order is that of SHA-256 over the seed and what the mutant reads like, so
it depends on no library's generator, and a change of one function leaves the
draws from all others as they were. One that does not compile, or that makes the
object of the original or of one drawn before, does not count.
"""
import contextlib
import glob
import hashlib
import json
import os

from mutation import operators
from mutation.tree import Trouble, read

SIMULATED = ['src/io/sim', 'src/sim']
COUNTS, BROKEN = 'counts', 'does not compile'
SAME, TWIN = 'the object of the original', 'the object of another'


def candidates(root, folders, compiled):
    """All mutants of compiled lines in these folders, not below them."""
    found = []
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(root, folder, '*.[ch]'))):
            file = os.path.relpath(path, root)
            lines = set(compiled.get(file, []))
            found += [mutant for mutant in operators.mutants_of(
                file, read(path).decode()) if lines.intersection(mutant.lines)]
    return found


def shuffled(seed, found):
    return sorted(found, key=lambda mutant: hashlib.sha256(
        f'{seed}\n{mutant.key}'.encode()).digest())


class Draws:
    """Kept in a file, so that drawing goes on where it was interrupted."""

    def __init__(self, tree, seed, found, say):
        self.tree, self.say = tree, say
        self.queue = shuffled(seed, found)
        self.original = tree.digest_of_objects()
        self.file = os.path.join(tree.kept, f'{seed}.draws')
        self.known = {}
        with contextlib.suppress(OSError, ValueError, KeyError):
            first, *rest = [json.loads(line)
                            for line in read(self.file).splitlines()]
            if first['objects'] == self.original:
                self.known = {draw['key']: draw for draw in rest}
        with open(self.file, 'w', encoding='utf-8') as file:
            for entry in ({'objects': self.original}, *self.known.values()):
                file.write(json.dumps(entry) + '\n')

    def take(self, count):
        """(the mutants, {why: how many did not count})"""
        chosen, seen, other = [], set(), {BROKEN: 0, SAME: 0, TWIN: 0}
        for mutant in self.queue:
            if len(chosen) == count:
                break
            draw = self.known.get(mutant.key)
            if draw is None:
                draw = self.draw(mutant)
                self.say(f'drawing {len(chosen) + 1} of {count}: '
                         f'{mutant.file}:{mutant.line} {mutant.operator}')
            what = draw['what']
            if what == COUNTS and draw['objects'] in seen:
                what = TWIN
            if what == COUNTS:
                seen.add(draw['objects'])
                chosen.append(mutant)
            else:
                other[what] += 1
        if not chosen:
            raise Trouble('there is nothing to change in these folders')
        return chosen, other

    def draw(self, mutant):
        draw = {'key': mutant.key, 'what': BROKEN, 'objects': ''}
        with self.tree.mutated(mutant):
            done = self.tree.ninja('plain', self.tree.objects('plain'))
            if done.status == 0:
                draw['objects'] = self.tree.digest_of_objects()
                draw['what'] = (SAME if draw['objects'] == self.original
                                else COUNTS)
        with open(self.file, 'a', encoding='utf-8') as file:
            file.write(json.dumps(draw) + '\n')
        return draw
