"""Runs a program on a pseudo terminal and keeps what the screen shows, frame by frame."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import unicodedata


def columns(text):
    """Columns that a terminal gives a text."""
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return wide - sum(1 for c in text if unicodedata.combining(c))


class Screen:
    """A terminal that breaks lines, and breaks them anew when it becomes narrower. Knows what live progress
    needs and refuses anything else."""

    def __init__(self, width):
        self.width = width
        self.lines = [""]  # everything ever shown, scrolled away or not
        self.row = 0

    def resize(self, width):
        before, at = self.lines, self.row
        self.width, self.lines, self.row = width, [], 0
        for i, line in enumerate(before):
            if i == at:
                self.row = len(self.lines)
            while columns(line) > width:
                cut = max(n for n in range(1, len(line) + 1) if columns(line[:n]) <= width)
                self.lines.append(line[:cut])
                line = line[cut:]
            self.lines.append(line)

    def _put(self, text):
        for c in text:
            if columns(self.text + c) > self.width:
                self._down()
            self.text += c
            rest = self.lines[self.row]
            while rest and columns(self.lines[self.row]) - columns(rest) < columns(self.text):
                rest = rest[1:]
            self.lines[self.row] = self.text + rest  # what stood right of it stays

    def _down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")
        self.text = ""

    text = ""  # of this row, left of the cursor

    def feed(self, data):
        for piece in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+|\x1b", data):
            if piece == "\r":
                self.text = ""
            elif piece == "\n":
                self._down()
            elif piece.startswith("\x1b["):
                self._control(piece[2:-1], piece[-1])
            elif piece == "\x1b":
                raise ValueError("an escape that is none")
            else:
                self._put(piece)

    def _control(self, number, letter):
        if letter == "A":
            self.row -= int(number)
            assert self.row >= 0, "above the first line"
            self.text = ""
        elif letter == "K":
            self.lines[self.row] = self.text
        elif letter == "J":
            self.lines[self.row] = self.text
            del self.lines[self.row + 1:]
        elif letter not in "mhl":
            raise ValueError("unexpected control: " + number + letter)


class Session:
    """argv on a terminal; `frames` holds (width, lines) of each live frame when it was complete."""

    def __init__(self, argv, width=80, height=24, env=None, on_frame=None):
        self.screen, self.frames, self.raw = Screen(width), [], ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, dict(os.environ, **(env or {})))
        self._size(width, height)
        self.pending, self.on_frame = b"", on_frame
        while self._read():
            pass
        self._take(self.pending.decode())
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self):
        """More of what the program writes; False at its end."""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.pending += data
        self._take_frames()
        return True

    def _take_frames(self):
        while (end := self.pending.find(b"\x1b[?2026l")) >= 0:
            data, self.pending = self.pending[: end + 8], self.pending[end + 8:]
            self._take(data.decode())
            if self.on_frame:
                self.on_frame(self)

    def _size(self, width, height):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width, height=24):
        """Between two frames: what was drawn for the old width is taken in first."""
        on_frame, self.on_frame = self.on_frame, None
        os.kill(self.pid, signal.SIGSTOP)
        self._take_frames()
        while select.select([self.fd], [], [], 0.3)[0] and self._read():
            pass
        self._size(width, height)
        self.screen.resize(width)
        os.kill(self.pid, signal.SIGCONT)
        self.on_frame = on_frame

    def _take(self, data):
        self.raw += data
        begin = data.find("\x1b[?2026h")
        self.screen.feed(data)
        if begin >= 0:
            text = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", data[begin:])
            self.frames.append((self.screen.width, [t for t in re.split(r"[\r\n]+", text) if t]))
