"""The command line of editors and operators, and the whole system on one machine.

Never ships. `python -m desk` works from any Python: it goes on in the project's `.venv`.
"""

from desk.venv import enter

enter("desk")
