# SPDX-License-Identifier: MIT
"""openssl s_client and s_server as child processes: peers that are not ours."""
import re

import tool


class Program(tool.Program):
    """tool.Program, of openssl(1)."""
    # Whatever the machine's settings forbid is not what is tested here.
    program = 'openssl'

    def __init__(self, *words, **options):
        super().__init__(*words, backend='auto', env={'OPENSSL_CONF':
                                                      '/dev/null'}, **options)

    def until(self, pattern):
        """The match in the first line of stdout that has one."""
        while line := self.line():
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f'{pattern!r} never came: '
                             f'{self.rest("stderr").decode()}')


def server(pair, *words):
    """s_server, and tls:// and where it listens. It goes on while its stdin
    does."""
    program = Program('s_server', '-accept', '127.0.0.1:0', '-cert', pair.cert,
                      '-key', pair.key, *words, stdin=-1)
    try:
        port = program.until(r'^ACCEPT .*:(\d+)$').group(1)
    except BaseException:
        program.__exit__()
        raise
    return program, f'tls://127.0.0.1:{port}'


def client(address, *words):
    """s_client that passes on what it gets, nothing else."""
    return Program('s_client', '-connect', address.removeprefix('tls://'),
                   *words, stdin=-1)
