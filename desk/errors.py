"""What the command line tells instead of a traceback."""

from __future__ import annotations


class DeskError(Exception):
    """Something the person at the keyboard can mend: the message is one line and says how."""
