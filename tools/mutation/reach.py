# SPDX-License-Identifier: MIT
"""Learns which lines are compiled, and which test reaches which of them.

Each test runs once with counters in the code, and once without, for its time
and to see it pass. What was learned is kept as long as the test's programs
(the library is in them) are the same.
"""
import contextlib
import gzip
import json
import os
import shutil

from mutation import processes
from mutation.tree import Trouble, digest, read

# What a test may take, besides ten times of what it took unchanged.
PATIENCE = 10


class Reach:
    def __init__(self, tree, floor, say):
        self.tree, self.floor, self.say = tree, floor, say
        self.file = os.path.join(tree.kept, 'reach.json')
        self.known = {}
        with contextlib.suppress(OSError, ValueError):
            self.known = json.loads(read(self.file))
        self.plain = tree.tests('plain')
        self.counted = tree.tests('coverage')
        if not self.plain:
            raise Trouble('the build has no tests: is cmocka there?')
        self.compiled = self.lines(None)

    def learn(self):
        tests = [name for name in self.plain if name in self.counted]
        for number, name in enumerate(tests, 1):
            # Not of what counts: its objects hold the time they were made.
            # Sorted: meson tells what a test depends on in any order.
            mark = digest(path for path in sorted(
                {*self.plain[name]['files'], *self.plain[name]['command']})
                if os.path.isfile(path))
            old = self.known.get(name)
            if old and old['mark'] == mark:
                continue
            self.say(f'learning what {name} reaches ({number} of '
                     f'{len(tests)})')
            lines = self.measure(name)
            took = self.time(name) if lines else processes.Ended()
            self.known[name] = {'mark': mark, 'seconds': took.seconds,
                                'silence': took.silence, 'lines': lines}
            temporary = self.file + '.new'
            with open(temporary, 'w', encoding='utf-8') as file:
                json.dump(self.known, file)
            os.replace(temporary, self.file)
        self.known = {name: self.known[name] for name in tests}

    def measure(self, name):
        """{file: lines} that this test runs."""
        test, place = self.counted[name], self.tree.path('build-counts')
        shutil.rmtree(place, ignore_errors=True)
        done = processes.run(
            test['command'], test['folder'],
            {**test['environment'], 'GCOV_PREFIX': place})
        if not done.passed:
            raise Trouble(f'the test {name} fails without any mutant:\n' +
                          '\n'.join(done.text))
        lines = self.lines(place)
        shutil.rmtree(place, ignore_errors=True)
        return lines

    def time(self, name):
        test = self.plain[name]
        done = processes.run(test['command'], test['folder'],
                             test['environment'])
        if not done.passed:
            raise Trouble(f'the test {name} fails without any mutant:\n' +
                          '\n'.join(done.text))
        return done

    def lines(self, counts):
        """{file: lines}: compiled ones, or those with a count in there."""
        build, found = self.tree.build('coverage'), {}
        scratch = self.tree.path('build-gcov')
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        names = []
        for number, name in enumerate(self.tree.objects('coverage')):
            notes = os.path.join(build, os.path.splitext(name)[0] + '.gcno')
            data = f'{counts}{notes[:-5]}.gcda'
            if not os.path.exists(notes) or (
                    counts and not os.path.exists(data)):
                continue
            names.append(f'{number}.gcda')
            os.symlink(notes, os.path.join(scratch, f'{number}.gcno'))
            if counts:
                os.symlink(data, os.path.join(scratch, f'{number}.gcda'))
        if not names:
            return {}
        done = processes.run(['gcov', '--json-format', *names], scratch)
        if done.status != 0:
            raise Trouble('gcov: ' + '\n'.join(done.text))
        for name in names:
            path = os.path.join(scratch, name.replace('gcda', 'gcov.json.gz'))
            with gzip.open(path) as file:
                self.collect(json.load(file), bool(counts), found)
        shutil.rmtree(scratch)
        return {name: sorted(lines) for name, lines in found.items()}

    def collect(self, report, counted, found):
        for file in report['files']:
            path = os.path.join(self.tree.build('coverage'), file['file'])
            name = os.path.relpath(path, self.tree.place)
            if name.startswith('src/'):
                found.setdefault(name, set()).update(
                    line['line_number'] for line in file['lines']
                    if line['count'] or not counted)

    def order(self, mutant):
        """The tests to run, those that reach it first, the quickest first;
        and how many of them reach it."""
        reaching, others = [], []
        lines = set(mutant.lines)
        for name, known in self.known.items():
            if lines.intersection(known['lines'].get(mutant.file, [])):
                reaching.append(name)
            elif known['lines']:
                others.append(name)
        for names in (reaching, others):
            names.sort(key=lambda name: self.known[name]['seconds'])
        return reaching + others, len(reaching)

    def limits(self, name):
        """What to give it: seconds in all, seconds of silence."""
        known = self.known[name]
        return (self.floor + PATIENCE * known['seconds'],
                self.floor + PATIENCE * known['silence'])
