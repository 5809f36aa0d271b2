#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a stranger sends cannot drive the terminal; the terminal stays as it
was."""
import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios

import tap
import tool

TEXT = 'grün 水 🙂 tab\there\n'.encode()


class _Terminal:
    """A pseudo-terminal that the tool has for stdout, or all three."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        settings = termios.tcgetattr(self.slave)
        settings[1] &= ~termios.OPOST  # bytes as they were written
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)
        self.settings = termios.tcgetattr(self.slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def read(self, size):
        data = b''
        while len(data) < size:
            ready, _, _ = select.select([self.master], [], [], tool.LIMIT)
            assert ready, f'only {data!r} came'
            data += os.read(self.master, size - len(data))
        return data

    def take_over(self):
        """In the child: makes it the controlling terminal."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def _listening(*words, backend):
    with _Terminal() as terminal, \
         tool.Program('listen', *words, '127.0.0.1:0', backend=backend,
                      stdout=terminal.slave) as server:
        with tool.dial(server.address('stderr')) as sock:
            yield terminal, server, sock


def _shown(pieces, expected, *words, backend):
    with _listening(*words, backend=backend) as (terminal, server, sock):
        for piece in pieces:
            sock.sendall(piece)
        sock.close()
        got = terminal.read(len(expected))
        assert got == expected, got
        server.ends_with(0)


def printable_text_passes(backend):
    _shown([TEXT], TEXT, backend=backend)


def control_bytes_are_shown(backend):
    _shown([b'\x1b[31mred\x07\r\x00\x7f\n'],
           rb'\x1B[31mred\x07\x0D\x00\x7F' + b'\n', backend=backend)


def c1_controls_are_shown_raw_and_as_utf8(backend):
    _shown([b'\x9b31m', '\x9b31m \x85'.encode()],
           rb'\x9B31m\xC2\x9B31m \xC2\x85', backend=backend)


def what_is_no_utf8_is_shown(backend):
    for data in (b'\xc0\x9b', b'\xe0\x82\x9b', b'\xed\xa0\x80', b'\xff',
                 b'\xf5\x80\x80\x80', b'\xe6\xb0', b'\xf0\x9f\x99'):
        _shown([b'<', data], b'<' + b''.join(b'\\x%02X' % b for b in data),
               backend=backend)


def a_broken_character_does_not_hide_an_escape(backend):
    _shown([b'\xe6\xb0\x1b[2J'], rb'\xE6\xB0\x1B[2J', backend=backend)
    _shown([b'\xe6\xb0', b'\xc2', b'\x9b'], rb'\xE6\xB0\xC2\x9B',
           backend=backend)


def characters_split_across_reads_pass(backend):
    with _listening(backend=backend) as (terminal, server, sock):
        for number, character in enumerate(TEXT.decode()):
            encoded = character.encode()
            for byte in encoded[:-1]:
                sock.sendall(bytes([byte]))
                # Read by itself: the tool has asked for the next by then.
                tap.soon(lambda: _all_read(sock), 'an empty queue')
            sock.sendall(encoded[-1:])
            assert terminal.read(len(encoded)) == encoded, number
        sock.close()
        server.ends_with(0)


def _all_read(sock):
    # SIOCOUTQ: what the other side's kernel has not acknowledged.
    left = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b'\0' * 4)
    return left == b'\0' * 4


def more_than_a_buffer_is_shown_whole(backend):
    data = b'\x1b' * 200000
    with _listening(backend=backend) as (terminal, server, sock):
        sock.settimeout(tool.LIMIT)
        child = os.fork()
        if child == 0:
            sock.sendall(data)
            os._exit(0)
        assert terminal.read(4 * len(data)) == rb'\x1B' * len(data)
        os.waitpid(child, 0)
        sock.close()
        server.ends_with(0)


def raw_is_raw(backend):
    _shown([b'\x1b[31m\x9b'], b'\x1b[31m\x9b', '--raw', backend=backend)


def a_pipe_gets_the_bytes(backend):
    with tool.Program('listen', '127.0.0.1:0', backend=backend) as server:
        with tool.dial(server.address('stderr')) as sock:
            sock.sendall(b'\x1b[31m\x9b')
        assert server.rest() == b'\x1b[31m\x9b'
        server.ends_with(0)


def connect_shows_them_too(backend):
    with _Terminal() as terminal, tool.listener() as (server, address):
        with tool.Program('connect', address, backend=backend,
                          stdin=subprocess.PIPE,
                          stdout=terminal.slave) as client:
            conn = tool.accept(server)
            conn.sendall(b'\x1b[31m')
            assert terminal.read(8) == rb'\x1B[31m'
            conn.close()
            client.ends_with(0)


def a_person_can_talk_through_it(backend):
    with _Terminal() as terminal, tool.listener() as (server, address):
        with tool.Program('connect', address, backend=backend,
                          stdin=terminal.slave, stdout=terminal.slave,
                          preexec_fn=terminal.take_over) as client:
            conn = tool.accept(server)
            os.write(terminal.master, b'hello\n')
            assert tool.receive(conn, 6) == b'hello\n'
            conn.sendall(b'hi\n')
            assert terminal.read(3) == b'hi\n'
            os.write(terminal.master, b'\x04')  # Ctrl-D
            assert tool.receive_all(conn) == b''
            conn.close()
            client.ends_with(0)


def on_a_terminal_it_exits_once_the_peer_has_closed(backend):
    with _Terminal() as terminal, tool.listener() as (server, address):
        with tool.Program('connect', address, backend=backend,
                          stdin=terminal.slave, stdout=terminal.slave,
                          preexec_fn=terminal.take_over) as client:
            tool.accept(server).close()
            client.ends_with(0)


def an_echo_server_says_on_a_terminal_what_to_type_in_another(backend):
    for host, scheme in ('127.0.0.1', ''), ('[::1]', ''), ('[::1]', 'udp://'):
        with _Terminal() as terminal, \
             tool.Program('echo', f'{scheme}{host}:0', backend=backend,
                          stdout=terminal.slave) as server:
            shown = b''
            while not shown.endswith(b'ends it.\n'):
                shown += terminal.read(1)
            lines = shown.decode().split('\n')
            address = lines[0].removeprefix('listening on ')
            assert address.startswith(f'{scheme}{host}:'), lines
            assert lines[1:] == [
                '', 'In another terminal, type', '',
                f'    {tool.SENNIT} connect {address}', '',
                'and then a line of text. Ctrl-C here ends it.', ''], lines
            server.signal(signal.SIGINT)
            server.ends_with(0)


def an_echo_server_that_cannot_serve_tells_nobody_to_connect(backend):
    with _Terminal() as terminal, tool.listener() as (_, address):
        with tool.Program('echo', address, backend=backend,
                          stdout=terminal.slave) as server:
            server.ends_with(8, 'address already in use')
            assert not select.select([terminal.master], [], [], 0)[0]


def ctrl_c_ends_it_and_leaves_the_terminal_as_it_was(backend):
    for verb in 'connect', 'listen':
        with _Terminal() as terminal, tool.listener() as (server, address):
            words = [verb, address if verb == 'connect' else '127.0.0.1:0']
            with tool.Program(*words, backend=backend, stdin=terminal.slave,
                              stdout=terminal.slave,
                              preexec_fn=terminal.take_over) as program:
                if verb == 'connect':
                    conn = tool.accept(server)  # kept open
                else:
                    program.address('stderr')
                flags = fcntl.fcntl(terminal.slave, fcntl.F_GETFL)
                assert not flags & os.O_NONBLOCK
                os.write(terminal.master, b'\x03')
                program.ends_with(130)
                if verb == 'connect':
                    conn.close()
                assert termios.tcgetattr(terminal.slave) == terminal.settings


tool.run(globals())
