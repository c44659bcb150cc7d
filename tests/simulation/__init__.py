"""A newsroom that lives through bad days: the deployed functions over an AWS that goes wrong.

`acts` says what may happen, in sentences; `world` makes it happen, with every call of a function
through `faults`, and several functions at once through `baton`; `model` says what readers ought to
have of it all, `truths` that they have it. `histories` draws histories, `__main__` many of them;
`mistakes` plants mistakes in the code and counts those that are seen.
"""

import tests.conftest  # noqa: F401  # the environment that the functions are made in
