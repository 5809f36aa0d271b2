#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two scanners of TLS servers, testssl.sh and sslscan, on `sennit echo tls://`
and on openssl's s_server, told to be as strict: they must find nothing in ours
that they would not find in that one."""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import tap

sys.path.append(os.path.join(tap.SOURCE, 'tests/cli'))
# pylint: disable=wrong-import-position
import certificates  # noqa: E402
import openssl_program  # noqa: E402
import tool  # noqa: E402

_AUTHORITY = certificates.Authority()
_SERVER = _AUTHORITY.issue('server', days=300)

# As include/sennit/tls.h says that all-zero options are.
_STRICT = ('-rev', '-min_protocol', 'TLSv1.2', '-no_renegotiation', '-no_comp',
           '-serverpref', '-prioritize_chacha', '-cipher',
           'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:'
           '!aNULL:!eNULL:!aPSK:!aDSS:@SECLEVEL=2')

# Its client hangs up as soon as it has shaken hands, and the ticket is sent
# just then: whether it gets one is chance. test_cli_tls_peers.py has sessions.
_CHANCE = 'sessionresumption_ticket', 'WARN'

_SEVERITIES = ['OK', 'INFO', 'DEBUG', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']

# Of each scan; it takes under a minute where nothing else runs.
_LIMIT = 200


@contextlib.contextmanager
def _servers():
    """The addresses of ours and of the other."""
    other, address = openssl_program.server(_SERVER, *_STRICT)
    with other, tool.echo('--cert', _SERVER.cert, '--key', _SERVER.key,
                          'tls://127.0.0.1:0', backend='auto') as ours:
        # What it says of each connection must not fill the pipe.
        drain = subprocess.Popen(['cat'], stdin=other.process.stdout,
                                 stdout=subprocess.DEVNULL)
        complaints = subprocess.Popen(['cat'], stdin=other.process.stderr,
                                      stdout=subprocess.DEVNULL)
        try:
            yield [each.removeprefix('tls://')
                   for each in (ours.address(), address)]
        finally:
            other.process.kill()
            drain.wait(tool.LIMIT)
            complaints.wait(tool.LIMIT)


def _testssl(addresses, folder):
    """What it finds of each, at the same time: {what: (severity, words)}."""
    files = [os.path.join(folder, f'{number}.json')
             for number in range(len(addresses))]
    scans = [subprocess.Popen(
        ['testssl', '--quiet', '--color', '0', '--warnings', 'off', '--nodns',
         'none', '--fast', '--protocols', '--std', '--fs', '--server-defaults',
         '--vulnerable', '--add-ca', _AUTHORITY.path, '--jsonfile', file,
         address],
        # How long it waits for servers that speak first or speak HTTP.
        env={**os.environ, 'HEADER_MAXSLEEP': '2'},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
             for file, address in zip(files, addresses)]
    try:
        for scan in scans:
            scan.wait(_LIMIT)
    finally:
        for scan in scans:
            scan.kill()
            scan.wait()
    found = []
    for file in files:
        with open(file, encoding='utf-8') as text:
            found.append({each['id']: (each['severity'], each['finding'])
                          for each in json.load(text)})
        os.unlink(file)
    return found


def _rank(finding):
    # WARN: it could not find out, which is as bad as anything.
    severity = finding[0]
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else 99


def _worse(ours, other):
    worse = {}
    for what, finding in ours.items():
        bound = max(_rank(other.get(what, ('INFO',))), _rank(('INFO',)))
        if _rank(finding) > bound and (what, finding[0]) != _CHANCE:
            worse[what] = finding, other.get(what)
    return worse


def _is_never_worse(scan):
    """scan() gives what is worse. Scanners have limits of a few seconds, so on
    a busy machine they find what is not there; what is there, each time."""
    worse = scan()
    for _ in range(3):
        if not worse:
            return
        print(f'# again, because of {worse}', flush=True)
        again = scan()
        worse = {what: again[what] for what in worse if what in again}
    raise AssertionError(worse)


def testssl_finds_nothing_worse_than_in_openssls_own_server():
    def scan():
        ours, other = _testssl(addresses, folder)
        assert len(ours) > 60 and len(other) > 60, (ours, other)
        assert ours['TLS1_2'][1].startswith('offered'), ours['TLS1_2']
        assert ours['TLS1_3'][1].startswith('offered'), ours['TLS1_3']
        return _worse(ours, other)

    with _servers() as addresses, tempfile.TemporaryDirectory() as folder:
        _is_never_worse(scan)


def _sslscan(address):
    done = tap.shell('sslscan', '--xml=-', '--show-sigs', '--no-colour',
                     address)
    assert done.returncode == 0, done.stdout
    test = xml.etree.ElementTree.fromstring(done.stdout).find('ssltest')
    found = set()
    for kind in ('protocol', 'renegotiation', 'heartbleed', 'cipher', 'group',
                 'fallback', 'compression', 'connection-signature-algorithm'):
        for row in test.findall(kind):
            attributes = {name: value for name, value in row.attrib.items()
                          if name not in ('time', 'status')}
            found.add((kind, *sorted(attributes.items())))
    kinds = {row[0] for row in found}
    assert {'protocol', 'renegotiation', 'cipher', 'group'} <= kinds, found
    return found


def sslscan_finds_nothing_that_openssls_own_server_does_not_have():
    def scan():
        ours, other = (_sslscan(address) for address in addresses)
        assert sum(row[0] == 'cipher' for row in ours) >= 6, ours
        return {row: None for row in ours - other}

    with _servers() as addresses:
        _is_never_worse(scan)


tap.run(globals())
