"""How a command ends that did not end well: its exit status, and one line, never a traceback."""

from __future__ import annotations

NOT_DONE = 1  # something was rejected, or could not be done
WRONG_WORDS = 2  # argparse's own
NO_RECEIPT = 3  # has come
INTERRUPTED = 130  # as shells tell of Ctrl-C


class DeskError(Exception):
    """Something the person at the keyboard can mend: the message is one line and says how."""

    status = NOT_DONE


class WrongWords(DeskError):
    """The command was given what it cannot mean: nothing has been read or done."""

    status = WRONG_WORDS
