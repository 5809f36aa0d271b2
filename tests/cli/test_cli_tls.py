#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tls:// in connect, listen and echo, between two of the tool and with Python's
ssl where a peer has to misbehave."""
import hashlib
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import tempfile

import certificates
import tap
import tool
from tool import Program, expect

_AUTHORITY = certificates.Authority()
_SERVER = _AUTHORITY.issue('server')
_CLIENT = _AUTHORITY.issue('a client', names=['DNS:client'],
                           usage='clientAuth')


def _echo(*words, backend, **options):
    return tool.echo('--cert', _SERVER.cert, '--key', _SERVER.key, *words,
                     backend=backend, **options)


def _connect(*words, backend, **options):
    return Program('connect', '--cafile', _AUTHORITY.path, *words,
                   backend=backend, **options)


def _context(**options):
    context = ssl.create_default_context(cafile=_AUTHORITY.path)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def _dial(address, context=None):
    """Python's connection to a tls:// address of the tool."""
    host, port = tool.split(address.removeprefix('tls://'))
    sock = socket.create_connection((host, port), tool.LIMIT)
    return (context or _context()).wrap_socket(sock, server_hostname=host)


def _serving(pair=_SERVER):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context


def _made(server):
    """What a server tells of the certificate that it made: names, fingerprint,
    and the words of the command."""
    told = ''.join(server.line('stderr') for _ in range(3))
    match = re.fullmatch(
        r'sennit: no --cert: made a certificate for this run, for (.+)\n'
        r'sennit: its fingerprint \(SHA-256\): ([0-9a-f]{64})\n'
        r'sennit: who trusts it: (.+)\n', told)
    assert match, told
    names, fingerprint, command = match.groups()
    words = command.split(' ')
    assert words[0] == tool.SENNIT, words
    return names, fingerprint, words[1:]


def _file(words):
    return words[words.index('--cafile') + 1]


def a_server_without_a_certificate_makes_one_and_says_how_to_trust_it(backend):
    with tool.echo('tls://localhost:0', backend=backend) as server:
        addresses = server.address(), server.address()
        assert all(re.match('tls://.+:[0-9]+$', each) for each in addresses)
        names, fingerprint, words = _made(server)
        assert names == 'DNS:localhost, IP:127.0.0.1, IP:::1', names
        assert expect(0, '', *words, backend=backend, data=b'hi') == b'hi'
        context = ssl.create_default_context(cafile=_file(words))
        for address in addresses:
            with _dial(address, context) as sock:
                shown = hashlib.sha256(sock.getpeercert(True)).hexdigest()
                assert shown == fingerprint
                tool.answers(sock)


def a_listener_without_a_certificate_makes_one_too(backend):
    with Program('listen', 'tls://127.0.0.1:0', backend=backend) as server:
        server.address('stderr')
        _, _, words = _made(server)
        assert words[1].startswith('tls://127.0.0.1:'), words
        expect(0, '', *words, backend=backend, data=b'to listen')
        assert server.rest() == b'to listen'
        server.ends_with(0)
        assert not os.path.exists(_file(words))


def names_that_clients_use_are_in_the_certificate_made(backend):
    name = socket.gethostname()
    with tool.echo('tls://:0', 'tls://[::1]:0', backend=backend) as server:
        names, _, words = _made(server)
        assert f'DNS:{name}' in names.split(', ') or name == 'localhost'
        assert words[1].startswith('tls://localhost:'), words
        expect(0, '', *words, backend=backend)
    with tool.echo('tls://127.0.0.2:0', backend=backend) as server:
        names, _, words = _made(server)
        assert names.endswith(', IP:127.0.0.2'), names
        assert words[1].startswith('tls://127.0.0.2:'), words
        expect(0, '', *words, backend=backend)


def tls_goes_over_unix_sockets_and_descriptors(backend):
    name = f'unix:@sennit-tls-{os.getpid()}-{backend}'
    with tool.echo(f'tls://{name}', backend=backend) as server:
        assert server.address() == f'tls://{name}'
        _, _, words = _made(server)
        assert expect(0, '', *words, backend=backend, data=b'hi') == b'hi'
    with tool.listener() as (queue, address), \
         tool.echo(f'tls://fd:{queue.fileno()}', backend=backend,
                   pass_fds=[queue.fileno()]) as server:
        assert server.address() == f'tls://{address}'
        _, _, words = _made(server)
        assert expect(0, '', *words, backend=backend, data=b'hi') == b'hi'


def _taken(address):
    """A connection that the server has accepted, since it answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    held = context.wrap_socket(tool.dial(address))
    tool.answers(held, b'here')
    return held


def the_certificate_made_is_private_and_goes_with_the_server(backend):
    for numbers, status in (([signal.SIGTERM], 0), ([signal.SIGHUP], 0),
                            ([signal.SIGINT, signal.SIGINT], 130)):
        with tempfile.TemporaryDirectory() as folder, \
             tool.echo('--grace', '1h', 'tls://127.0.0.1:0', backend=backend,
                       env={'XDG_RUNTIME_DIR': folder}) as server:
            address = server.address()
            _, _, words = _made(server)
            file = _file(words)
            assert os.path.dirname(os.path.dirname(file)) == folder
            assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
            assert stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode) == \
                0o700
            with open(file, encoding='ascii') as pem:
                assert 'PRIVATE KEY' not in pem.read()
            # It would go on for the grace period: it has taken this one.
            held = len(numbers) > 1 and _taken(address[6:])
            for number in numbers:
                server.signal(number)
                if held:
                    tap.soon(lambda: _refuses(address[6:]), 'the end')
            server.ends_with(status)
            assert not os.listdir(folder)
            if held:
                held.close()


def _refuses(address):
    try:
        tool.dial(address).close()
        return False
    except ConnectionError:
        return True


def the_folder_of_the_certificate_made_is_looked_for(backend):
    with tempfile.TemporaryDirectory() as folder:
        for runtime, tmpdir, found in (
                ('/nonexistent', folder, folder), ('relative', folder, folder),
                ('', '', '/tmp'), ('/nonexistent', '/nonexistent', '/tmp')):
            with tool.echo('tls://127.0.0.1:0', backend=backend,
                           env={'XDG_RUNTIME_DIR': runtime,
                                'TMPDIR': tmpdir}) as server:
                server.address()
                _, _, words = _made(server)
                assert os.path.dirname(os.path.dirname(_file(words))) == found
                server.signal(signal.SIGTERM)
                server.ends_with(0)


def a_self_signed_server_is_refused_in_one_line(backend):
    with tool.echo('--verbose', 'tls://127.0.0.1:0',
                   backend=backend) as server:
        address = server.address()
        _, _, words = _made(server)
        code, out, told = tool.once('connect', address, backend=backend,
                                    data=b'a secret')
        assert (code, out) == (9, b''), (code, out)
        assert re.fullmatch('sennit: certificate of 127.0.0.1.*self-signed.*\n',
                            told), told
        # Nothing was sent to it.
        assert 'unknown_ca' in server.line('stderr')
        assert expect(0, '', *words, backend=backend, data=b'x') == b'x'


def a_server_of_another_name_is_refused(backend):
    with _echo('tls://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        expect(9, 'not for example.org', 'connect', '--cafile',
               _AUTHORITY.path, '--servername', 'example.org', address,
               backend=backend, data=b'x')
        for name in 'localhost', '127.0.0.1', '::1':
            assert expect(0, '', 'connect', '--cafile', _AUTHORITY.path,
                          '--servername', name, address, backend=backend,
                          data=b'x') == b'x'


def insecure_takes_anybody_and_says_so(backend):
    with tool.echo('tls://127.0.0.1:0', backend=backend) as server:
        assert expect(0, 'warning: --insecure', 'connect', '--insecure',
                      server.address(), backend=backend, data=b'x') == b'x'


def a_folder_of_authorities_is_trusted(backend):
    with tempfile.TemporaryDirectory() as folder, \
         _echo('tls://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        expect(9, 'not among the trusted', 'connect', '--capath', folder,
               address, backend=backend)
        shutil.copy(_AUTHORITY.path, folder)
        certificates.openssl('rehash', folder)
        assert expect(0, '', 'connect', '--capath', folder, address,
                      backend=backend, data=b'x') == b'x'


def a_pin_is_checked_besides(backend):
    digest = tap.shell('sh', '-c', f'openssl x509 -in {_SERVER.cert} -noout '
                       '-pubkey | openssl pkey -pubin -outform der | '
                       'openssl dgst -sha256 -binary | base64').stdout.strip()
    with _echo('tls://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        for pin, status in (f'sha256//{digest}', 0), ('sha256//' + 'A' * 43 +
                                                      '=', 9):
            expect(status, '', 'connect', '--cafile', _AUTHORITY.path, '--pin',
                   pin, address, backend=backend, data=b'x')
        expect(9, '', 'connect', '--pin', f'sha256//{digest}', address,
               backend=backend)


def every_byte_passes_unchanged(backend):
    data = os.urandom(3 << 20) + bytes(range(256))
    for minimum in '1.2', '1.3':
        with _echo('--min-version', minimum, 'tls://localhost:0',
                   backend=backend) as server:
            for address in server.address(), server.address():
                assert expect(0, '', 'connect', '--cafile', _AUTHORITY.path,
                              address, backend=backend, data=data) == data


def a_version_that_is_too_old_is_refused(backend):
    with _echo('--min-version', '1.3', 'tls://127.0.0.1:0',
               backend=backend) as server:
        address = server.address()
        try:
            _dial(address, _context(
                maximum_version=ssl.TLSVersion.TLSv1_2)).close()
            raise AssertionError('1.2 was let in')
        except ssl.SSLError as error:
            assert 'PROTOCOL_VERSION' in str(error), error
        with _dial(address) as sock:
            assert sock.version() == 'TLSv1.3'


def workers_share_one_certificate_and_its_sessions(backend):
    with tool.echo('--workers', '3', 'tls://127.0.0.1:0',
                   backend=backend) as server:
        address = server.address()
        _, fingerprint, words = _made(server)
        context = ssl.create_default_context(cafile=_file(words))
        session = None
        for number in range(12):
            host, port = tool.split(address[6:])
            raw = socket.create_connection((host, port), tool.LIMIT)
            with context.wrap_socket(raw, server_hostname=host,
                                     session=session) as sock:
                shown = hashlib.sha256(sock.getpeercert(True)).hexdigest()
                assert shown == fingerprint
                tool.answers(sock)  # the tickets come first
                assert sock.session_reused == (number > 0), number
                session = sock.session


def sighup_renews_the_certificate_and_keeps_connections(backend):
    """First of an echo server, then of a listener."""
    with tempfile.TemporaryDirectory() as folder:
        cert, key = os.path.join(folder, 'cert'), os.path.join(folder, 'key')

        def put(pair):
            shutil.copy(pair.cert, cert)
            shutil.copy(pair.key, key)

        def shown(address):
            with _dial(address) as sock:
                name = sock.getpeercert()['subject'][0][0][1]
                sock.unwrap().close()
                return name

        put(_SERVER)
        for words, name in (['echo', '--workers', '2'], 'stdout'), \
                           (['listen', '--keep'], 'stderr'):
            put(_SERVER)
            with Program(*words, '--cert', cert, '--key', key,
                         'tls://127.0.0.1:0', backend=backend) as server:
                address = server.address(name)
                with _dial(address) as old:
                    assert shown(address) == 'server'
                    put(_AUTHORITY.issue('the next'))
                    server.signal(signal.SIGHUP)
                    told = server.line('stderr')
                    assert re.fullmatch(
                        rf'sennit: SIGHUP: read {cert} again: CN=the next, '
                        r'until \d{4}-\d\d-\d\d\n', told), told
                    assert shown(address) == 'the next'
                    shutil.copy(_SERVER.cert, cert)  # not of that key
                    server.signal(signal.SIGHUP)
                    told = server.line('stderr')
                    assert told.startswith(
                        'sennit: SIGHUP: the old --cert stays: '), told
                    assert shown(address) == 'the next'
                    if name == 'stdout':
                        tool.answers(old)
                    else:
                        old.sendall(b'still')
                        assert server.read(5) == b'still'
                server.signal(signal.SIGTERM)
                server.ends_with(0 if name == 'stdout' else 143)


def clients_show_a_certificate_where_one_is_asked_for(backend):
    words = '--client-ca', _AUTHORITY.path, 'tls://127.0.0.1:0'
    shows = '--cert', _CLIENT.cert, '--key', _CLIENT.key
    with _echo('--verbose', *words, backend=backend) as server:
        address = server.address()
        expect(10, 'certificate_required', 'connect', '--cafile',
               _AUTHORITY.path, address, backend=backend, data=b'x')
        assert 'none came, and one is required' in server.line('stderr')
        assert expect(0, '', 'connect', '--cafile', _AUTHORITY.path, *shows,
                      address, backend=backend, data=b'x') == b'x'
    with Program('listen', '--cert', _SERVER.cert, '--key', _SERVER.key,
                 *words, backend=backend) as server:
        with _connect(server.address('stderr'), backend=backend) as client:
            server.ends_with(9, 'one is required')
            client.ends_with(10)
    with Program('listen', '--cert', _SERVER.cert, '--key', _SERVER.key,
                 *words, backend=backend) as server:
        expect(0, '', 'connect', '--cafile', _AUTHORITY.path, *shows,
               server.address('stderr'), backend=backend, data=b'mutual')
        assert server.rest() == b'mutual'
        server.ends_with(0)


def a_protocol_is_agreed_on(backend):
    with _echo('--alpn', 'one,two', 'tls://127.0.0.1:0',
               backend=backend) as server:
        address = server.address()
        for offered, agreed in (['two'], 'two'), (['x', 'two', 'one'], 'one'):
            context = _context()
            context.set_alpn_protocols(offered)
            with _dial(address, context) as sock:
                assert sock.selected_alpn_protocol() == agreed
                tool.answers(sock)
        expect(10, 'ALPN', 'connect', '--cafile', _AUTHORITY.path, '--alpn',
               'three', address, backend=backend)


def a_peer_that_speaks_no_tls_is_named(backend):
    with tool.listener() as (queue, address), \
         _connect(f'tls://{address}', backend=backend) as client:
        conn = tool.accept(queue)
        conn.sendall(b'SSH-2.0-OpenSSH_9.2\r\n')
        client.ends_with(10, 'it sent "SSH-2.0-OpenSSH_9.2"')
        conn.close()
    with _echo('--verbose', 'tls://127.0.0.1:0', backend=backend) as server:
        address = server.address()
        with tool.dial(address[6:]) as sock:
            sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
            assert 'it sent "GET / HTTP/1.0"' in server.line('stderr')
            assert tool.is_gone(sock) or sock.recv(1)  # an alert, at most
        with _dial(address) as sock:
            tool.answers(sock)


def a_cut_without_a_goodbye_is_no_end(backend):
    with tool.listener() as (queue, address), \
         _connect(f'tls://{address}', backend=backend) as client:
        raw = tool.accept(queue)
        with raw.dup() as plain, \
             _serving().wrap_socket(raw, server_side=True) as conn:
            conn.sendall(b'half')
            assert client.read(4) == b'half'
            plain.shutdown(socket.SHUT_WR)
            client.ends_with(6, 'without a goodbye')


def _part(conn):
    """Says goodbye and closes, without waiting for the other's goodbye."""
    conn.setblocking(False)
    try:
        conn.unwrap()
    except ssl.SSLWantReadError:
        pass
    conn.close()


def bytes_for_a_peer_that_is_gone_are_a_failure(backend):
    with tool.listener() as (queue, address), \
         _connect(f'tls://{address}', backend=backend, stdin=-1) as client:
        conn = _serving().wrap_socket(tool.accept(queue), server_side=True)
        conn.sendall(b'bye')
        assert client.read(3) == b'bye'
        _part(conn)
        client.write(b'too late')
        client.end_input()
        client.ends_with(6)


def a_reset_after_all_has_arrived_and_ended_is_none(backend):
    """At once, as soon as the other's end is acknowledged; or in answer to our
    own goodbye."""
    for at_once in True, False:
        with tool.listener() as (queue, address), \
             _connect(f'tls://{address}', backend=backend,
                      stdin=-1) as client:
            conn = _serving().wrap_socket(tool.accept(queue),
                                          server_side=True)
            client.write(b'question')
            assert tool.receive(conn, 8) == b'question'
            conn.sendall(b'answer')
            if at_once:
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, -1)
            _part(conn)
            assert client.read(6) == b'answer'
            client.end_input()
            client.ends_with(0)


def a_handshake_that_stalls_times_out(backend):
    with tool.listener() as (_, address):
        expect(5, 'timed out', 'connect', '--timeout', '200ms',
               f'tls://{address}', backend=backend)
    with Program('listen', '--timeout', '200ms', 'tls://127.0.0.1:0',
                 backend=backend) as server:
        with tool.dial(server.address('stderr')[6:]):
            server.ends_with(5, 'timed out')


def secrets_are_logged_only_where_the_environment_asks(backend):
    with tempfile.TemporaryDirectory() as folder:
        logs = [os.path.join(folder, name) for name in ('server', 'client')]
        envs = [{'SSLKEYLOGFILE': log} for log in logs]
        with _echo('tls://127.0.0.1:0', backend=backend,
                   env=envs[0]) as server:
            with _connect(server.address(), backend=backend, stdin=-1,
                          env=envs[1]) as client:
                client.write(b'x')
                assert client.read(1) == b'x'
        secrets = []
        for log in logs:
            with open(log, encoding='ascii') as file:
                secrets.append(sorted(file.read().splitlines()))
            assert stat.S_IMODE(os.stat(log).st_mode) == 0o600
        assert secrets[0] == secrets[1], secrets
        assert any(each.startswith('CLIENT_TRAFFIC_SECRET_0 ')
                   for each in secrets[0]), secrets


def options_of_tls_need_a_tls_address(backend):
    for verb, option, value in (
            ('connect', 'cafile', 'x'),
            ('connect', 'servername', 'x'), ('connect', 'pin', 'x'),
            ('echo', 'cert', 'x'), ('echo', 'alpn', 'h2'),
            ('listen', 'client-ca', 'x'), ('listen', 'min-version', '1.3')):
        words = [f'--{option}'] + ([value] if value else [])
        expect(2, f'--{option} is for tls:// addresses, and localhost:1 is '
               f'not one; write tls://localhost:1; see sennit {verb} --help',
               verb, *words, 'localhost:1', backend=backend)
    expect(2, '--cert is for tls://', 'echo', '--cert', 'x', backend=backend)
    expect(2, '--insecure is for tls:// and seq:// addresses, and localhost:1 '
           'is neither; write tls://localhost:1 or seq://localhost:1; see '
           'sennit connect --help', 'connect', '--insecure', 'localhost:1',
           backend=backend)


def options_of_tls_are_checked(backend):
    for words, named in (
            (['echo', '--key', 'x'], '--key x is of no use without --cert'),
            (['connect', '--insecure', '--cafile', 'x'],
             '--insecure checks nothing, so --cafile'),
            (['connect', '--pin', 'x', '--insecure'], 'so --pin'),
            (['echo', '--min-version', '1.1'], '--min-version 1.1: not 1.2'),
            (['echo', '--alpn', 'a,,b'], '--alpn a,,b: not names'),
            (['echo', '--alpn', ''], '--alpn'),
            (['echo', '--alpn', 'x' * 256], '--alpn'),
            (['echo', '--alpn', ','.join('x' * 17)], '--alpn'),
            (['connect', '--servername', ''], '--servername: its value is'),
            (['connect', '--cafle', 'x'], 'maybe --cafile'),
            (['connect', '--insecur'], 'connect needs an address'),
            (['listen', '--cret', 'x'], 'maybe --cert'),
            (['echo', '--client-cs', 'x'], 'maybe --client-ca'),
            (['echo', '--servername', 'x'], 'has no option --servername')):
        if 'needs an address' not in named:
            words = [*words, 'tls://localhost:0']
        expect(2, named, *words, backend=backend)


def files_that_are_no_good_are_named(backend):
    for words, named in (
            (['connect', '--cafile', '/nonexistent/x'], '/nonexistent/x'),
            (['connect', '--cafile', '/dev/null'], '/dev/null'),
            (['connect', '--pin', 'x'], 'pin'),
            (['echo', '--cert', '/nonexistent/x'], '/nonexistent/x'),
            (['echo', '--cert', _SERVER.cert], 'key'),
            (['listen', '--cert', _SERVER.cert, '--key', _CLIENT.key],
             'key'),
            (['listen', '--client-ca', _SERVER.key], _SERVER.key)):
        expect(1, named, *words, 'tls://127.0.0.1:1', backend=backend)


def udp_has_no_tls(backend):
    expect(3, 'udp://localhost:1', 'connect', 'tls://udp://localhost:1', backend=backend)


tool.run(globals())
