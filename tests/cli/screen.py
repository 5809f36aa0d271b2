# SPDX-License-Identifier: MIT
"""A pseudo-terminal and as much of its screen as the tool's drawings need."""
import fcntl
import os
import pty
import re
import select
import termios
import time

import tap

_SEQUENCE = re.compile(rb'\x1b(?:\[\??\d*[A-Za-z]|[A-Z78])|\r|\n|[^\x1b\r\n]')


class Screen:
    """Of lines without an end; master is whoever sits there, slave is for the
    tool."""

    def __init__(self, echo=False):
        self.master, self.slave = pty.openpty()
        settings = termios.tcgetattr(self.slave)
        if not echo:
            settings[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)
        self.rows = [[]]
        self.row = self.column = 0
        self.saved = 0, 0
        self.data = self.left = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        os.close(self.slave)

    def take_over(self):
        """In the child: makes it the controlling terminal."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def all(self):
        """All that was written, with what is there now."""
        while select.select([self.master], [], [], 0)[0]:
            self._feed(os.read(self.master, 65536))
        return self.data

    def text(self):
        lines = [''.join(row).rstrip() for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def show_until(self, condition):
        """Until condition(lines) holds of the screen."""
        end = time.monotonic() + tap.LIMIT
        while not condition(self.text()):
            left = max(0, end - time.monotonic())
            ready, _, _ = select.select([self.master], [], [], left)
            assert ready, f'the screen is {self.text()}'
            self._feed(os.read(self.master, 1))

    def _feed(self, data):
        self.data += data
        self.left += data
        while match := _SEQUENCE.match(self.left):
            self.left = self.left[match.end():]
            self._take(match.group())

    def _take(self, what):
        row = self.rows[self.row]
        if what == b'\r':
            self.column = 0
        elif what in (b'\n', b'\x1bD'):
            self.row += 1
            if self.row == len(self.rows):
                self.rows.append([])
        elif what == b'\x1b[A':
            self.row -= 1
        elif what == b'\x1b[B':
            self.row += 1
            assert self.row < len(self.rows), 'no line was made for it'
        elif what == b'\x1b[J':
            del row[self.column:]
            for below in self.rows[self.row + 1:]:
                below.clear()
        elif what == b'\x1b7':
            self.saved = self.row, self.column
        elif what == b'\x1b8':
            self.row, self.column = self.saved
        elif what in (b'\x1b[?7l', b'\x1b[?7h'):
            pass
        else:
            assert len(what) == 1, f'{what} is not known here'
            row.extend(' ' * (self.column + 1 - len(row)))
            row[self.column] = what.decode()
            self.column += 1
