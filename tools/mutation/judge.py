# SPDX-License-Identifier: MIT
"""What becomes of a mutant: the tests run on it until one fails.

A failure that does not come again on a second run does not kill: the mutant may
have had nothing to do with it. Such a mutant, when nothing else kills it, is
told apart as unsteady.
"""
import multiprocessing
import multiprocessing.connection
import signal
import sys

from mutation import processes
from mutation.tree import Trouble

TEST, TIME, COMMAND = 'test', 'time', 'command'
UNSTEADY, SURVIVED = 'unsteady', 'survived'
KILLED = (TEST, TIME, COMMAND)


class Judge:
    """also: a shell's command that runs when no test has killed."""

    def __init__(self, tree, reach, also, floor):
        self.tree, self.reach, self.floor = tree, reach, floor
        self.also, self.also_seconds = also, 0.0
        self.tests = tree.tests('plain')

    def learn_command(self):
        done = self.run_command(3600.0)
        if done.status != 0:
            raise Trouble('the command fails without any mutant:\n' +
                          '\n'.join(done.text))
        self.also_seconds = done.seconds

    def run_command(self, limit):
        return processes.run(
            ['/bin/sh', '-c', self.also], self.tree.place,
            {'MUTANT_SOURCE': self.tree.place,
             'MUTANT_BUILD': self.tree.build('plain')}, limit)

    def run_test(self, name):
        """None when it cannot be built any more."""
        test = self.tests[name]
        if self.tree.ninja('plain', self.tree.targets('plain', test)).status:
            return None
        return processes.run(test['command'], test['folder'],
                             test['environment'], *self.reach.limits(name))

    def verdict(self, mutant):
        """What it is and who says so."""
        with self.tree.mutated(mutant):
            return self.verdict_of_tests(mutant)

    def verdict_of_tests(self, mutant):
        order, reaching = self.reach.order(mutant)
        told = {'verdict': SURVIVED, 'by': '', 'case': '',
                'reached by': reaching}
        for name in order:
            done = self.run_test(name)
            if done is None:
                return {**told, 'verdict': TEST, 'by': 'linking'}
            if done.passed:
                continue
            told = {**told, 'by': name, 'case': done.case,
                    'text': done.text[-6:], 'verdict': UNSTEADY}
            if done.why == 'time':
                return {**told, 'verdict': TIME}
            again = self.run_test(name)
            if again is None or not again.passed:
                return {**told, 'verdict': TEST}
        if self.also:
            self.tree.ninja('plain', ['all', 'meson-test-prereq'])
            limit = self.floor + 10 * self.also_seconds
            done = self.run_command(limit)
            if done.status != 0 and self.run_command(limit).status != 0:
                return {**told, 'verdict': COMMAND, 'by': self.also,
                        'case': '', 'text': done.text[-6:]}
        return told


def work(judge, pipe):
    """A worker's process: mutants come in, verdicts go out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    processes.die_with_parent(signal.SIGTERM)
    processes.adopt()
    while True:
        mutant = pipe.recv()
        if mutant is None:
            return
        try:
            pipe.send(judge.verdict(mutant))
        except (Trouble, OSError) as error:
            pipe.send({'trouble': str(error)})


def judge_all(judges, mutants):
    """Yields (mutant, verdict), each judge in a process of its own."""
    fork = multiprocessing.get_context('fork')
    queue, at_work, workers = list(mutants), {}, []
    all_told = False
    try:
        for judge in judges[:len(queue)]:
            ours, theirs = fork.Pipe()
            workers.append(fork.Process(target=work, args=(judge, theirs)))
            workers[-1].start()
            theirs.close()
            at_work[ours] = queue.pop(0)
            ours.send(at_work[ours])
        while at_work:
            for pipe in multiprocessing.connection.wait(list(at_work)):
                try:
                    told = pipe.recv()
                except EOFError as error:
                    raise Trouble('a worker has died') from error
                if 'trouble' in told:
                    raise Trouble(told['trouble'])
                yield at_work.pop(pipe), told
                if queue:
                    at_work[pipe] = queue.pop(0)
                pipe.send(at_work.get(pipe))
        all_told = True
    finally:
        # Whoever took a verdict may have been interrupted with it: then a
        # worker that has nothing to do waits for its next mutant.
        for worker in workers:
            if not all_told:
                worker.terminate()
            worker.join()
