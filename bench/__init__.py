"""Benchmarks: what Broadsheet does, measured beside a baseline in the same run.

`python -m bench` runs them all; each module is a program of its own. Never ships.
"""

from desk.venv import enter

enter("bench")
