# SPDX-License-Identifier: MIT
"""A copy of the project with its build folders: mutants live only there."""
import contextlib
import hashlib
import json
import os
import shutil
import subprocess

from mutation import processes

# Without lines' numbers in it, an object differs only where the code does.
# What only warns about a change of type is meant to be an error here.
OPTIONS = {
    'plain': ['-Ddebug=false', '-Doptimization=2',
              '-Dc_args=-Werror=int-conversion '
              '-Werror=incompatible-pointer-types'],
    'coverage': ['-Ddebug=false', '-Doptimization=2', '-Db_coverage=true'],
}


class Trouble(Exception):
    """Why the tool cannot go on, in a sentence."""


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def digest(paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(read(path)).digest())
    return total.hexdigest()


class Tree:
    def __init__(self, root, kept, number):
        self.root, self.kept = root, kept
        self.place = os.path.join(kept, str(number))

    def path(self, *parts):
        return os.path.join(self.place, *parts)

    def build(self, kind):
        return self.path(f'build-{kind}')

    def sync(self):
        """Makes the copy what the work tree is: also after an interrupt."""
        done = subprocess.run(
            ['git', 'ls-files', '-coz', '--exclude-standard'], cwd=self.root,
            check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Trouble(f'{self.root} is no work tree of git')
        kept = os.path.relpath(self.kept, self.root) + '/'
        files = {name for name in done.stdout.split('\0')
                 if os.path.isfile(os.path.join(self.root, name)) and
                 not name.startswith(kept)}
        for place, folders, names in os.walk(self.place):
            if place == self.place:
                folders[:] = [name for name in folders
                              if not name.startswith('build-')]
            for name in names:
                path = os.path.join(place, name)
                if os.path.relpath(path, self.place) not in files:
                    os.remove(path)
        for name in files:
            source, target = os.path.join(self.root, name), self.path(name)
            with contextlib.suppress(OSError):
                if read(source) == read(target):
                    continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)

    def setup(self, kind):
        """Builds all of it, tests too; the first time takes a while."""
        if not os.path.exists(os.path.join(self.build(kind), 'build.ninja')):
            done = processes.run(['meson', 'setup', *OPTIONS[kind],
                                  self.build(kind)], self.place)
            if done.status != 0:
                raise Trouble('meson: ' + '\n'.join(done.text))
        done = self.ninja(kind, ['all', 'meson-test-prereq'])
        if done.status != 0:
            raise Trouble('does not build: ' + '\n'.join(done.text))

    def ninja(self, kind, targets, limit=3600.0):
        return processes.run(['ninja', '-j', '1', *targets],
                             self.build(kind), limit=limit)

    def introspect(self, kind, what):
        return json.loads(read(os.path.join(
            self.build(kind), 'meson-info', f'intro-{what}.json')))

    def tests(self, kind):
        """name: what to run, in which environment, built from what."""
        files = {target['id']: target['filename']
                 for target in self.introspect(kind, 'targets')}
        found = {}
        for test in self.introspect(kind, 'tests'):
            if test['suite'] and test['suite'][0].endswith(':fuzz'):
                continue
            found[test['name']] = {
                'command': test['cmd'], 'environment': test['env'],
                'folder': test['workdir'] or self.build(kind),
                'files': [name for id_ in test['depends']
                          for name in files[id_]]}
        return found

    def targets(self, kind, test):
        return [os.path.relpath(name, self.build(kind))
                for name in test['files']]

    def objects(self, kind):
        """The library's objects, from the build folder."""
        path = os.path.join(self.build(kind), 'compile_commands.json')
        found = set()
        for entry in json.loads(read(path)):
            source = os.path.join(entry['directory'], entry['file'])
            if os.path.relpath(source, self.place).startswith('src/'):
                found.add(entry['output'])
        return sorted(found)

    def digest_of_objects(self):
        return digest(os.path.join(self.build('plain'), name)
                      for name in self.objects('plain'))

    @contextlib.contextmanager
    def mutated(self, mutant):
        """The copy with this change, inside of the with."""
        path = self.path(mutant.file)
        original = read(path)
        try:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(mutant.apply(original.decode()))
            yield
        finally:
            with open(path, 'wb') as file:
                file.write(original)
