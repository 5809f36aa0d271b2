# SPDX-License-Identifier: MIT
"""Verdicts in a file, a JSON object a line, and as a table."""
import collections
import difflib
import json
import os

from mutation.judge import COMMAND, KILLED, SURVIVED, TEST, TIME, UNSTEADY
from mutation.tree import Trouble, read

EQUIVALENT = 'equivalent'
WORDS = {TEST: 'killed by a test', TIME: 'killed by time',
         COMMAND: 'killed by the command', UNSTEADY: 'unsteady',
         SURVIVED: 'survived', EQUIVALENT: 'equivalent, as explained'}


def identity(told):
    """The same for any seed, and wherever the line moves to."""
    nth = f':{told["nth"] + 1}' if told['nth'] else ''
    return (told['file'], told['function'], told['operator'] + nth,
            told['before'], told['after'])


def explained(path):
    """{identity: why}. A paragraph each:

        src/io/pool.c give deletion
        - notify(pool);
        + ;
        Why no test can tell.

    "deletion:2" is the second in its function that reads the same.
    """
    found = {}
    text = read(path).decode() if os.path.exists(path) else ''
    for paragraph in text.split('\n\n'):
        lines = [line for line in paragraph.splitlines()
                 if line and not line.startswith('#')]
        if not lines:
            continue
        words = lines[0].split()
        if len(words) != 3 or len(lines) < 4 or not (
                lines[1].startswith('- ') and lines[2].startswith('+ ')):
            raise Trouble(f'{path}: not "file function operator", "- before",'
                          f' "+ after", why: {lines[0]}')
        found[(*words, lines[1][2:], lines[2][2:])] = ' '.join(lines[3:])
    return found


class Results:
    def __init__(self, path, head):
        """head: what has to be the same for old verdicts to stand."""
        self.path, self.head, self.told = path, head, {}
        lines = read(path).splitlines() if os.path.exists(path) else []
        try:
            entries = [json.loads(line) for line in lines]
        except ValueError as error:
            raise Trouble(f'{path} is not of this tool: {error}') from error
        if entries and entries[0] != head:
            raise Trouble(f'{path} is about another seed or other sources: '
                          'remove it, or name another file with --results')
        self.told = {told['key']: told for told in entries[1:]}
        os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
        if not entries:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(json.dumps(head) + '\n')

    def add(self, mutant, told):
        told = {'key': mutant.key, 'file': mutant.file, 'line': mutant.line,
                'function': mutant.function, 'operator': mutant.operator,
                'before': mutant.before, 'after': mutant.after,
                'nth': mutant.nth, **told}
        self.told[mutant.key] = told
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(json.dumps(told) + '\n')
        return told


def describe(told):
    by = told['by'] + (f' ({told["case"]})' if told['case'] else '')
    return WORDS[told['verdict']] + (f': {by}' if by else '')


def diff(tree, mutant):
    with open(os.path.join(tree.root, mutant.file), encoding='utf-8') as file:
        text = file.read()
    return ''.join(difflib.unified_diff(
        text.splitlines(True), mutant.apply(text).splitlines(True),
        'a/' + mutant.file, 'b/' + mutant.file))


def rows(entries, name):
    total = collections.Counter(told[name] for told in entries)
    killed = collections.Counter(told[name] for told in entries
                                 if told['verdict'] in KILLED)
    for what in sorted(total):
        yield f'  {what:24} {killed[what]:4} of {total[what]}'


def table(entries, reasons):
    """(lines to print, percent killed of those that are not equivalent)"""
    entries = [{**told, 'folder': os.path.dirname(told['file'])}
               for told in entries]
    for told in entries:
        if told['verdict'] == SURVIVED and identity(told) in reasons:
            told['verdict'] = EQUIVALENT
    counts = collections.Counter(told['verdict'] for told in entries)
    lines = [f'{words:26} {counts[what]:4}' for what, words in WORDS.items()]
    killed = sum(counts[what] for what in KILLED)
    real = len(entries) - counts[EQUIVALENT]
    share = 100 * killed / real if real else 100.0
    lines += ['', f'killed {killed} of {len(entries)}; of the {real} that are '
              f'not equivalent {share:.1f} %', '', 'killed by folder:',
              *rows(entries, 'folder'), 'killed by operator:',
              *rows(entries, 'operator')]
    for told in entries:
        if told['verdict'] in KILLED:
            continue
        lines += ['', f'{told["file"]}:{told["line"]} {told["function"]} '
                  f'{identity(told)[2]}: {describe(told)}',
                  f'- {told["before"]}', f'+ {told["after"]}']
        if told['verdict'] == EQUIVALENT:
            lines.append(reasons[identity(told)])
        elif not told['reached by']:
            lines.append('(no test is known to reach it)')
    return lines, share
