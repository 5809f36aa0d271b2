#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sennit tls inspect: what it shows of servers that are in order, and of those
that are not."""
import json
import re
import socket
import ssl
import threading

import certificates
import openssl_program
import tool
from tool import expect

_AUTHORITY = certificates.Authority()
_SERVER = _AUTHORITY.issue('server')


def _inspect(address, *words, backend, status=0):
    """What --json tells."""
    out = expect(status, '', 'tls', 'inspect', '--json', *words, address,
                 backend=backend)
    return json.loads(out)


def _trusted(address, *words, backend, status=0):
    return _inspect(address, '--cafile', _AUTHORITY.path, *words,
                    backend=backend, status=status)


def _echo(*words, backend, pair=_SERVER, **options):
    return tool.echo('--cert', pair.cert, '--key', pair.key, *words,
                     'tls://127.0.0.1:0', backend=backend, **options)


def a_server_in_order_is_shown_whole(backend):
    with _echo('--alpn', 'http/1.1', backend=backend) as server:
        address = server.address()
        found = _trusted(address, backend=backend)
        where = address.removeprefix('tls://')
        assert found['address'] == where and found['peer'] == where, found
        assert found['expected'] == '127.0.0.1'
        assert found['trusted'] is True and found['problems'] == [], found
        assert found['agreed'] == {
            'version': 'TLS 1.3', 'cipher': 'TLS_AES_256_GCM_SHA384',
            'group': 'x25519', 'alpn': 'http/1.1'}, found
        versions = {each['version']: each for each in found['versions']}
        assert [versions[f'TLS 1.{n}']['accepted'] for n in (3, 2, 1, 0)] == \
            [True, True, False, False], versions
        assert versions['TLS 1.2']['cipher'].startswith('ECDHE-'), versions
        cert, = found['certificates']
        shown = certificates.openssl('x509', '-in', _SERVER.cert, '-noout',
                                     '-serial', '-fingerprint', '-sha256',
                                     '-dates', '-dateopt', 'iso_8601')
        shown = dict(line.split('=') for line in shown.splitlines())
        assert cert['subject'] == 'CN=server', cert
        assert cert['issuer'] == 'CN=An Authority', cert
        assert cert['names'] == 'DNS:localhost, IP:127.0.0.1, IP:::1', cert
        assert cert['serial'] == shown['serial'].lower(), (cert, shown)
        assert cert['fingerprint'] == shown['sha256 Fingerprint'].replace(
            ':', '').lower()
        assert cert['not_after'] == shown['notAfter'].replace(' ', 'T'), cert
        assert cert['days_left'] in (29, 30) and not cert['authority'], cert
        assert cert['key'] == 'EC P-256', cert
        pinned = _trusted(address, '--pin', cert['pin'], backend=backend)
        assert pinned['trusted'], pinned


def people_are_told_the_same(backend):
    with _echo(backend=backend) as server:
        address = server.address()
        for text in address, address.removeprefix('tls://'):
            out = expect(0, '', 'tls', 'inspect', '--cafile', _AUTHORITY.path,
                         text, backend=backend).decode()
            for line in (
                    rf'tls://(127.0.0.1:\d+), at \1', '',
                    r'  agreed on    TLS 1.3, TLS_AES_256_GCM_SHA384, x25519',
                    r'  ALPN         none', r'  TLS 1.3      accepted: .*',
                    r'  TLS 1.2      accepted: .*',
                    r'  TLS 1.1      not accepted',
                    r'  TLS 1.0      not accepted', '',
                    r'Certificate 0: CN=server',
                    r'  names        DNS:localhost, IP:127.0.0.1, IP:::1',
                    r'  issuer       CN=An Authority',
                    r'  valid        20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d, '
                    r'(29|30) days left',
                    r'  key          EC P-256'):
                first, _, out = out.partition('\n')
                assert re.fullmatch(line, first), (line, first)
            assert out.endswith('\nA client would trust it.\n'), out


def every_reason_to_refuse_it_is_told(backend):
    with tool.echo('tls://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        found = _inspect(address, '--servername', 'example.org',
                         backend=backend, status=9)
        assert found['trusted'] is False
        assert len(found['problems']) == 2, found['problems']
        assert 'self-signed and not among' in found['problems'][0]
        assert 'not for example.org' in found['problems'][1]
        out = expect(9, '', 'tls', 'inspect', address, backend=backend)
        assert b'\nA client would refuse it.\n  - certificate of ' in out, out


def what_has_expired_or_will_is_told(backend):
    old = _AUTHORITY.issue('old', days=-3.5)
    with _echo(backend=backend, pair=old) as server:
        found = _trusted(server.address(), backend=backend, status=9)
        assert found['certificates'][0]['days_left'] == -4, found
        assert len(found['problems']) == 1, found
        assert 'expired' in found['problems'][0], found
        out = expect(9, '', 'tls', 'inspect', '--cafile', _AUTHORITY.path,
                     '127.0.0.1:' + found['peer'].rpartition(':')[2],
                     backend=backend)
        assert re.search(rb'\n  valid        .*, expired\n', out), out
    soon = _AUTHORITY.issue('soon', days=2.5)
    with _echo(backend=backend, pair=soon) as server:
        found = _trusted(server.address(), backend=backend)
        assert found['trusted'], found
        assert found['problems'] == [
            'certificate 0 (CN=soon) expires in 2 days'], found


def the_whole_chain_is_shown(backend):
    chain = certificates.Pair(_SERVER.cert + '.chain', _SERVER.key)
    with open(chain.cert, 'w', encoding='ascii') as file:
        for name in _SERVER.cert, _AUTHORITY.path:
            with open(name, encoding='ascii') as part:
                file.write(part.read())
    with _echo(backend=backend, pair=chain) as server:
        found = _trusted(server.address(), backend=backend)
        assert [(each['subject'], each['authority'])
                for each in found['certificates']] == \
            [('CN=server', False), ('CN=An Authority', True)], found


def old_versions_are_found_and_spoken_against(backend):
    for version, option in ('TLS 1.0', '-tls1'), ('TLS 1.1', '-tls1_1'):
        program, address = openssl_program.server(
            _SERVER, option, '-cipher', 'DEFAULT@SECLEVEL=0')
        with program:
            found = _trusted(address, backend=backend, status=10)
            accepted = [each['version'] for each in found['versions']
                        if each['accepted']]
            assert accepted == [version], found
            assert found['agreed'] is None and not found['trusted'], found
            assert any(f'{version} is accepted' in each
                       for each in found['problems']), found
    program, address = openssl_program.server(
        _SERVER, '-no_tls1_3', '-cipher', 'DEFAULT@SECLEVEL=0')
    with program:
        found = _trusted(address, backend=backend)
        accepted = [each['version'] for each in found['versions']
                    if each['accepted']]
        assert accepted == ['TLS 1.2', 'TLS 1.1', 'TLS 1.0'], found
        assert found['trusted'], found
        assert 'TLS 1.3 is not accepted' in found['problems'], found


def a_server_that_wants_a_certificate_is_told_of(backend):
    with _echo('--client-ca', _AUTHORITY.path, backend=backend) as server:
        address = server.address()
        found = _trusted(address, backend=backend, status=10)
        assert not found['trusted'], found
        assert 'certificate_required' in found['problems'][0], found
        client = _AUTHORITY.issue('client', usage='clientAuth')
        found = _trusted(address, '--cert', client.cert, '--key', client.key,
                         backend=backend)
        assert found['trusted'] and not found['problems'], found


def a_server_that_speaks_no_tls_is_told_of(backend):
    with tool.echo('127.0.0.1:0', backend=backend) as server:
        found = _inspect(server.address(), backend=backend, status=10)
        assert found['agreed'] is None and found['certificates'] == [], found
        assert not any(each['accepted'] for each in found['versions']), found
        assert found['problems'], found


def nobody_there_is_refused(backend):
    # A port that is taken, so that nobody else listens there.
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{taken.getsockname()[1]}'
        expect(4, 'refused', 'tls', 'inspect', address, backend=backend)
    expect(3, 'nosuch', 'tls', 'inspect', 'nosuch.invalid:443',
           backend=backend)
    expect(2, 'no TLS over UDP', 'tls', 'inspect', 'udp://localhost:1',
           backend=backend)


def silence_times_out(backend):
    with tool.listener() as (_, address):
        expect(5, 'timed out', 'tls', 'inspect', '--timeout', '100ms', address,
               backend=backend)


def what_a_stranger_wrote_cannot_harm_a_terminal(backend):
    odd = _AUTHORITY.issue('\x1b[2J"\\\\', names=['DNS:localhost'])
    with _echo(backend=backend, pair=odd) as server:
        address = server.address()
        for words in [], ['--json']:
            out = expect(9, '', 'tls', 'inspect', '--cafile', _AUTHORITY.path,
                         *words, address, backend=backend)
            assert all(0x20 <= byte < 0x7f or byte == 0x0a for byte in out)
        assert '[2J' in _trusted(address, backend=backend, status=9)[
            'certificates'][0]['subject']


def protocols_of_ours_are_offered(backend):
    offered = []

    def serve(queue):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_SERVER)
        context.set_alpn_protocols(['second'])
        while True:
            try:
                with context.wrap_socket(tool.accept(queue),
                                         server_side=True) as conn:
                    offered.append(conn.selected_alpn_protocol())
                    conn.recv(1)
            except ssl.SSLError:
                pass
            except OSError:
                return

    with tool.listener() as (queue, address):
        thread = threading.Thread(target=serve, args=[queue], daemon=True)
        thread.start()
        found = _trusted(address, '--alpn', 'first,second', backend=backend)
        assert found['agreed']['alpn'] == 'second', (found, offered)
        queue.shutdown(2)
        thread.join(tool.LIMIT)


def words_of_the_verb_are_suggested(backend):
    for words, named in (
            (['tls'], 'tls needs a word more: tls inspect; see sennit --help'),
            (['tls', 'inspct', 'x:1'], 'no verb tls inspct, maybe tls inspect'),
            (['tls', 'frobnicate'], 'no verb tls frobnicate;'),
            (['tsl', 'inspect'], 'no verb tsl, maybe tls'),
            (['tls', 'inspect'], 'tls inspect needs an address'),
            (['tls', 'inspect', '--jsno', 'x:1'], 'maybe --json'),
            (['tls', 'inspect', '--insecure', 'x:1'],
             'tls inspect has no option --insecure'),
            (['tls', 'inspect', 'a:1', 'b:1'], 'b:1 is one too many; see '
             'sennit tls inspect --help')):
        expect(2, named, *words, backend=backend)
    for words in (['tls', 'inspect', '--help'], ['help', 'tls', 'inspect']):
        out = expect(0, '', *words, backend=backend)
        assert out.startswith(b'Usage: sennit tls inspect '), out
    assert b'tls inspect' in expect(0, '', 'tls', '--help', backend=backend)


tool.run(globals())
