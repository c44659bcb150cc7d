"""What the command line tells instead of a traceback."""

from __future__ import annotations


class DeskError(Exception):
    """Something the person at the keyboard can mend: the message is one line and says how."""

    status = 1


class WrongWords(DeskError):
    """The command was given what it cannot mean: nothing has been read or done."""

    status = 2
