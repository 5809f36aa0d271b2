#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sessions of messages: sennit echo, listen and connect with seq://."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile

import screen
import tap
import tool
from tool import Program, expect

RELAY = os.path.join(tap.BUILD, 'tests/relay/udp_relay')
GREETER = os.path.join(tap.BUILD, 'tests/cli/seq_greeter')
LINES = b''.join(b'line %d\n' % number for number in range(500))
KEY = '0123456789abcdefABCDEF0123456789' * 2


def _listen(*words, backend, **options):
    return Program('listen', *words, backend=backend, **options)


def _connect(*words, backend, **options):
    return Program('connect', *words, backend=backend,
                   **{'stdin': subprocess.PIPE, **options})


@contextlib.contextmanager
def _echo(*words, backend, count=1):
    """An echo server, and where it listens."""
    with tool.echo(*words, backend=backend) as server:
        yield server, [server.address() for _ in range(count)]


@contextlib.contextmanager
def _relayed(address, *words):
    """The same address behind a bad link."""
    with subprocess.Popen([RELAY, *words, address.removeprefix('seq://')],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as relay:
        try:
            yield 'seq://' + relay.stdout.readline().strip()
        finally:
            relay.kill()


class _Greeter(Program):
    """A peer that says hello, ends first, and goes on receiving."""
    program = GREETER

    def where(self):
        return 'seq://' + self.line().strip()


@contextlib.contextmanager
def _file(data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield file.name


def lines_come_back_in_order_over_both_families(backend):
    with _echo('seq://localhost:0', backend=backend, count=2) as (server,
                                                                  places):
        assert {'[::1]', '127.0.0.1'} == {
            place[6:].rpartition(':')[0] for place in places}
        for address in places:
            out = expect(0, '', 'connect', address, backend=backend,
                         data=LINES)
            assert out == LINES
        server.signal(signal.SIGTERM)
        server.ends_with(0)


def a_line_is_a_message_on_the_channel_that_was_asked_for(backend):
    with _echo('seq://127.0.0.1:0', backend=backend) as (_, [address]):
        for asked, told in (([], 'ordered'), (['ordered'], 'ordered'),
                            (['ordered:63'], 'ordered:63'),
                            (['reliable'], 'reliable'),
                            (['reliable:0'], 'reliable'),
                            (['latest:7'], 'latest:7')):
            words = [f'--channel={kind}' for kind in asked]
            out = expect(0, '', 'connect', '--json', *words, address,
                         backend=backend, data=b'one\n')
            first, last = map(json.loads, out.splitlines())
            assert first == {
                'peer': address[6:], 'channel': told, 'missed': 0,
                'size': 4, 'text': 'one\n', 'base64': None}, first
            assert last['peer'] == address[6:] and 'statistics' in last


def stdin_can_be_cut_into_messages_of_a_size(backend):
    data = bytes(range(256)) * 20
    with _echo('seq://127.0.0.1:0', backend=backend) as (_, [address]):
        out = expect(0, '', 'connect', '--json', '--datagrams', '1000',
                     address, backend=backend, data=data)
        sizes = [json.loads(line).get('size') for line in out.splitlines()]
        assert sizes == [1000] * 5 + [120, None], sizes
        # A line of more than goes at a time arrives whole all the same.
        long = b'x' * 200000 + b'\n' + data
        assert expect(0, '', 'connect', address, backend=backend,
                      data=long) == long


def statistics_are_the_last_object(backend):
    names = {'sent', 'received', 'lost', 'duplicates', 'retransmitted',
             'dropped', 'rtt_ms', 'rtt_least_ms', 'datagram', 'sealed'}
    with _listen('--json', 'seq://127.0.0.1:0', backend=backend) as server:
        out = expect(0, '', 'connect', '--json', server.address('stderr'),
                     backend=backend, data=b'a\nb\n')
        here = json.loads(out)['statistics']
        assert [json.loads(server.line())['text'] for _ in range(2)] == \
            ['a\n', 'b\n']
        there = json.loads(server.line())['statistics']
        for statistics in here, there:
            assert set(statistics) == names
            assert statistics['sent'] > 0 < statistics['received']
            assert statistics['sealed'] is False
        assert here['rtt_ms'] > 0 < here['rtt_least_ms']


def many_at_once_are_labelled_each(backend):
    with _listen('--label', 'seq://localhost:0', backend=backend) as server, \
         contextlib.ExitStack() as stack:
        places = [server.address('stderr') for _ in range(2)]
        clients = [stack.enter_context(
            _connect(places[number % 2], backend=backend))
            for number in range(12)]
        for turn in range(3):
            for number, client in enumerate(clients):
                client.write(b'%d of %d\n' % (turn, number))
        got = {}
        for _ in range(36):
            peer, _, text = server.line().rpartition(': ')
            got.setdefault(peer, []).append(text)
        assert sorted(got.values()) == sorted(
            [f'{turn} of {number}\n' for turn in range(3)]
            for number in range(12)), got
        for client in clients:
            client.end_input()
            client.ends_with(0)
        server.signal(signal.SIGINT)
        server.ends_with(130)


def workers_share_the_sessions(backend):
    with _echo('--workers', '3', 'seq://127.0.0.1:0', 'tcp://127.0.0.1:0',
               backend=backend, count=2) as (server, [address, other]), \
         contextlib.ExitStack() as stack:
        clients = [stack.enter_context(_connect(address, backend=backend))
                   for _ in range(8)]
        for number, client in enumerate(clients):
            client.write(b'%d\n' % number)
        for number, client in enumerate(clients):
            assert client.line() == f'{number}\n'
            client.end_input()
            client.ends_with(0)
        with tool.dial(other) as sock:
            tool.answers(sock)
        server.signal(signal.SIGTERM)
        server.ends_with(0)


def a_reply_goes_to_all_or_to_who_spoke_last(backend):
    for whom in 'all', 'last':
        with _listen('--label', '--reply', whom, 'seq://127.0.0.1:0',
                     backend=backend, stdin=subprocess.PIPE) as server:
            # Before anybody is there, it waits for the first.
            server.write(b'early\n')
            address = server.address('stderr')
            with _connect(address, backend=backend) as one:
                assert one.line() == 'early\n'
                with _connect(address, backend=backend) as other:
                    for client in other, one:
                        client.write(b'here\n')
                        assert server.line().endswith(': here\n')
                    server.write(b'who?\n')
                    assert one.line() == 'who?\n'
                    if whom == 'all':
                        assert other.line() == 'who?\n'
                    other.write(b'me\n')
                    assert server.line().endswith(': me\n')
                    server.write(b'you\n')
                    assert other.line() == 'you\n'
                    if whom == 'all':
                        assert one.line() == 'you\n'
                    # Who has left is not spoken to any more.
                    other.end_input()
                    other.ends_with(0)
                server.write(b'still there?\n')
                assert one.line() == 'still there?\n'
                # Its end is not the end of the rest.
                server.end_input()
                one.write(b'yes\n')
                assert server.line().endswith(': yes\n')
                one.end_input()
                one.ends_with(0)


def every_line_comes_in_order_through_a_lossy_link(backend):
    with _echo('seq://localhost:0', backend=backend, count=2) as (_, places):
        for address in places:
            with _relayed(address, '--loss', '20', '--delay', '1',
                          '--duplicate', '5', '--reorder', '5') as behind:
                out = expect(0, '', 'connect', '--json', behind,
                             backend=backend, data=LINES * 20)
                *lines, last = map(json.loads, out.splitlines())
                assert ''.join(line['text'] for line in lines).encode() == \
                    LINES * 20
                assert last['statistics']['lost'] > 0
                assert last['statistics']['retransmitted'] > 0


def a_shared_key_seals(backend):
    for data in (bytes(range(32)), KEY.encode(), KEY.encode() + b'\n'):
        with _file(data) as key, \
             _echo('--key', key, 'seq://:0', backend=backend,
                   count=1) as (_, [address]):
            port = address.rpartition(':')[2]
            out = expect(0, '', 'connect', '--json', '--key', key,
                         f'seq://127.0.0.1:{port}', backend=backend,
                         data=b'secret\n')
            first, last = map(json.loads, out.splitlines())
            assert first['text'] == 'secret\n'
            assert last['statistics']['sealed'] is True


def a_wrong_key_or_none_is_refused(backend):
    with _file(KEY.encode()) as key, _file(b'x' * 32) as other:
        sealed = ['--key', key]
        for server, client, words in (
                (sealed, ['--key', other], 'another key'),
                (sealed, [], 'wants a key'),
                ([], sealed, 'has no key')):
            with _echo(*server, 'seq://127.0.0.1:0', backend=backend) as \
                    (_, [address]):
                out = expect(9, words, 'connect', *client, address,
                             backend=backend, data=b'x\n')
                assert out == b''


def a_file_that_is_no_key_is_told_with_how_to_make_one(backend):
    for data in (b'', b'x' * 31, b'x' * 33, b'x' * 64, b'ab' * 31 + b'g0',
                 b'0' * 64 + b'\n\n0', b'0' * 63 + b'\n'):
        with _file(data) as key:
            for verb in 'connect', 'echo', 'listen':
                expect(1, f'--key {key}: neither 32 bytes nor 64 hex digits; '
                       '`openssl rand -hex 32 >FILE` makes one', verb,
                       '--key', key, 'seq://localhost:0', backend=backend)
    expect(1, '--key /nowhere: No such file', 'connect', '--key', '/nowhere',
           'seq://localhost:1', backend=backend)


def plain_beyond_loopback_is_refused_with_what_to_do(backend):
    for status, words in ((4, ['connect', 'seq://192.0.2.1:9']),
                          (4, ['connect', 'seq://[2001:db8::1]:9']),
                          (8, ['listen', 'seq://0.0.0.0:0']),
                          (8, ['listen', 'seq://:0']),
                          (8, ['echo', 'seq://[::]:0'])):
        out = expect(status, f'sennit: {words[1]}: only loopback is spoken to '
                     'without a key: --key FILE seals', *words,
                     backend=backend)
        assert out == b''


def insecure_goes_plain_with_a_warning(backend):
    with _echo('--insecure', 'seq://0.0.0.0:0', backend=backend) as \
            (server, [address]):
        assert 'warning: --insecure: whoever is on the way' in \
            server.line('stderr')
        port = address.rpartition(':')[2]
        out = expect(0, 'warning: --insecure', 'connect', '--insecure',
                     f'seq://127.0.0.1:{port}', backend=backend, data=b'x\n')
        assert out == b'x\n'


def where_nobody_is_it_does_not_wait(backend):
    for host in '127.0.0.1', '::1':
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            # Takes the port, and from nobody else but itself.
            sock.bind((host, 0))
            sock.connect(sock.getsockname())
            port = sock.getsockname()[1]
            expect(4, 'refused', 'connect', f'seq://[{host}]:{port}'
                   if ':' in host else f'seq://{host}:{port}',
                   backend=backend)


def silence_instead_of_a_session_times_out(backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(('127.0.0.1', 0))
        expect(5, 'timed out', 'connect', '--timeout', '300ms',
               f'seq://127.0.0.1:{sock.getsockname()[1]}', backend=backend)


def a_peer_that_falls_silent_times_out(backend):
    def falls_silent(timeout, mark):
        with _echo('seq://127.0.0.1:0', backend=backend) as \
                (server, [address]), \
             _connect('--timeout', timeout, address, backend=backend) as \
                client:
            mark()
            client.write(b'there?\n')
            assert client.line() == 'there?\n'
            mark()
            server.signal(signal.SIGSTOP)
            client.write(b'still?\n')
            client.ends_with(5, 'timed out, nothing came or went')
    tool.in_time(1, falls_silent)


def what_comes_after_the_peer_has_ended_is_sent(backend):
    with _Greeter(backend=backend) as peer, _file(LINES * 100) as name, \
         open(name, 'rb') as file, \
         _connect(peer.where(), backend=backend, stdin=file) as client:
        assert client.line() == 'hello\n'
        # More than all queues on the way hold: the end has come before.
        assert peer.rest() == LINES * 100
        client.ends_with(0)
        peer.ends_with(0)


def a_peer_that_has_ended_is_not_waited_for_without_input(backend):
    with _Greeter(backend=backend) as peer, \
         _connect(peer.where(), backend=backend) as client:
        client.write(b'x\n')
        assert peer.line() == 'x\n'
        assert client.rest() == b'hello\n'
        client.ends_with(0)
        peer.ends_with(0)
    with _Greeter(backend=backend) as peer, screen.Screen() as terminal, \
         _connect(peer.where(), backend=backend, stdin=terminal.slave) as \
            client:
        client.ends_with(0)
        peer.ends_with(0)


def an_echo_server_says_on_a_terminal_what_to_type(backend):
    with _file(KEY.encode()) as key:
        for words in [], ['--insecure'], ['--key', key]:
            with screen.Screen() as terminal, \
                 tool.echo(*words, 'seq://127.0.0.1:0', backend=backend,
                           stdout=terminal.slave):
                terminal.show_until(lambda told: told and
                                    told[-1].endswith('ends it.'))
                lines = terminal.text()
                address = lines[0].removeprefix('listening on ')
                command = ' '.join(['connect', *words, address])
                assert lines[4].endswith(f' {command}'), lines


def a_peer_that_was_started_anew_has_lost_the_session(backend):
    # An address where others do not take the port meanwhile.
    with _echo('seq://127.0.0.77:0', backend=backend) as (server, [address]), \
         _connect(address, backend=backend) as client:
        client.write(b'there?\n')
        assert client.line() == 'there?\n'
        server.process.kill()
        server.process.wait()
        with _echo(address, backend=backend) as (_, [again]):
            assert again == address
            client.write(b'still?\n')
            client.ends_with(6, 'the peer has lost the session')


def a_server_that_stops_cuts_its_sessions(backend):
    with _echo('--grace', '0', 'seq://127.0.0.1:0', backend=backend) as \
            (server, [address]), _connect(address, backend=backend) as client:
        client.write(b'there?\n')
        assert client.line() == 'there?\n'
        server.signal(signal.SIGTERM)
        server.ends_with(0)
        client.ends_with(6, 'the peer closed the session')


def ctrl_c_tells_the_peer_and_the_others_go_on(backend):
    with _listen('--label', 'seq://127.0.0.1:0', backend=backend) as server:
        address = server.address('stderr')
        with _connect(address, backend=backend) as one, \
             _connect('--json', address, backend=backend) as other:
            one.write(b'one\n')
            assert server.line().endswith(': one\n')
            other.write(b'other\n')
            assert server.line().endswith(': other\n')
            one.signal(signal.SIGINT)
            assert one.ends_with(130) == ''
            assert 'closed the session' in server.line('stderr')
            other.write(b'more\n')
            assert server.line().endswith(': more\n')
            # What was counted is told all the same.
            other.signal(signal.SIGINT)
            assert other.ends_with(130) == ''
            assert json.loads(other.rest())['statistics']['sent'] > 0


def listening_ends_after_silence(backend):
    expect(5, 'timed out, nothing came', 'listen', '--timeout', '100ms',
           'seq://127.0.0.1:0', backend=backend)

    def comes_in_time(timeout, mark):
        with _listen('--timeout', timeout, 'seq://127.0.0.1:0',
                     backend=backend) as server:
            address = server.address('stderr')
            mark()
            expect(0, '', 'connect', address, backend=backend, data=b'x\n')
            assert server.rest() == b'x\n'
            server.ends_with(0)
    tool.in_time(1, comes_in_time)


def a_full_disk_is_a_failure(backend):
    with _echo('seq://127.0.0.1:0', backend=backend) as (_, [address]), \
         open('/dev/full', 'wb') as full:
        for how in [], ['--json'], ['--label']:
            expect(7, 'no space left', 'connect', *how, address,
                   backend=backend, data=b'x\n', stdout=full)
            with _listen(*how, 'seq://127.0.0.1:0', backend=backend,
                         stdout=full) as server, \
                 _connect(server.address('stderr'), backend=backend) as client:
                client.write(b'x\n')
                server.ends_with(7, 'no space left')


def options_that_make_no_sense_are_refused(backend):
    for words, named in (
            (['connect', '--channel', 'fast', 'seq://a:1'],
             '--channel fast: neither ordered, reliable nor latest'),
            (['connect', '--channel', 'latest:64', 'seq://a:1'],
             '--channel latest:64: '),
            (['connect', '--channel', 'latest:', 'seq://a:1'], 'latest:: '),
            (['connect', '--channel', 'ordered:x', 'seq://a:1'], ':x: '),
            (['connect', '--channel', 'ordered:001', 'seq://a:1'], ':001: '),
            (['connect', '--channel', 'order', 'seq://a:1'], 'order: '),
            (['connect', '--channel', 'ordered', 'udp://a:1'],
             '--channel is for seq:// addresses, and a:1 is not one'),
            (['connect', '--broadcast', 'seq://a:1'], 'a session is with'),
            (['connect', '--ttl', '1', 'seq://a:1'], '--ttl is for mcast'),
            (['listen', '--insecure', 'a:1'], '--insecure is for tls:// and'),
            (['listen', '--insecure', 'tls://a:1'],
             '--insecure is for seq:// addresses'),
            (['echo', '--key', 'k', '--cert', 'c', 'tls://a:1', 'seq://a:1'],
             '--key is one thing for tls:// and another for seq://'),
            (['connect', '--key', 'k', '--insecure', 'seq://a:1'],
             '--insecure would be in vain'),
            (['connect', '--cafile', 'f', 'seq://a:1'],
             '--cafile is for tls:// addresses'),
            (['listen', '--json', '--label', 'seq://a:1'],
             '--label cannot stand beside it')):
        expect(2, named, *words, backend=backend)
    expect(3, 'a Unix socket takes no seq://', 'connect', 'seq://unix:x',
           backend=backend)


def a_live_line_is_drawn_in_place_and_gone_at_the_end(backend):
    with _echo('seq://127.0.0.1:0', backend=backend) as (_, [address]), \
         screen.Screen() as terminal, \
         _connect(address, backend=backend, stdout=terminal.slave,
                  stderr=terminal.slave, env={'TERM': 'xterm'}) as client:
        # It is below where the output goes on, and drawn anew.
        for number in range(5):
            client.write(b'%d\n' % number)
            terminal.show_until(
                lambda told: told[:-1] ==
                [*(str(n) for n in range(number + 1)), ''] and re.fullmatch(r'rtt [\d.]+ ms, lost [\d.]+ %, sent \d+, '
                                 r'received \d+', told[-1]))
        client.end_input()
        client.ends_with(0)
        terminal.show_until(lambda told: told == ['0', '1', '2', '3', '4'])


def whoever_types_is_not_disturbed_by_the_live_line(backend):
    with _listen('seq://127.0.0.1:0', backend=backend) as server, \
         screen.Screen(echo=True) as terminal, \
         _connect(server.address('stderr'), backend=backend,
                  stdin=terminal.slave, stdout=terminal.slave,
                  stderr=terminal.slave, preexec_fn=terminal.take_over,
                  env={'TERM': 'xterm'}) as client:
        terminal.show_until(lambda told: told and 'rtt' in told[-1])
        for number, word in enumerate(('one', 'two')):
            os.write(terminal.master, word[:2].encode())
            terminal.show_until(lambda told: told[number:][:1] == [word[:2]]
                                and 'rtt' in told[-1])
            os.write(terminal.master, word[2:].encode() + b'\n')
            assert server.line() == f'{word}\n'
        os.write(terminal.master, b'\x03')
        assert client.status() == 130
        terminal.show_until(lambda told: told == ['one', 'two', '^C'] or
                            told == ['one', 'two'])


def there_is_no_live_line_where_it_cannot_be_drawn(backend):
    with _listen('seq://127.0.0.1:0', backend=backend) as server:
        address = server.address('stderr')
        for env, stderr in (({'TERM': 'dumb'}, None), ({'TERM': ''}, None),
                            ({'TERM': 'xterm'}, subprocess.PIPE)):
            with screen.Screen() as terminal, \
                 _connect('--timeout', '600ms', address, backend=backend,
                          env=env, stderr=stderr or terminal.slave,
                          stdout=terminal.slave) as client:
                # Long enough for several.
                assert client.status() == 5
                assert b'rtt' not in terminal.all()
                if stderr:
                    assert client.rest('stderr').startswith(b'sennit: seq')


tool.run(globals())
