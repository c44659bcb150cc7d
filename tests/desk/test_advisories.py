"""What `make audit` says of known vulnerabilities, and when it fails: pip-audit's own answers."""

import json

from desk.advisories import verdict

ABSENT = "Dependency not found on PyPI and could not be audited"
CLEAN = {"name": "six", "version": "1.17.0", "vulns": []}
SKIPPED = {"name": "lxml", "skip_reason": f"{ABSENT}: lxml (6.1.3)"}
FAULTY = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.3"], "aliases": [], "description": ""}],
}


def told_of(*packages):
    return verdict(json.dumps({"dependencies": packages, "fixes": []}), "")


def test_a_package_with_a_known_vulnerability_fails_and_is_told_with_its_mend():
    assert told_of(CLEAN, FAULTY) == (1, ["jinja2 3.1.2: PYSEC-2024-1, mended in 3.1.3"])


def test_a_vulnerability_without_a_mend_is_told_too():
    fault = {**FAULTY["vulns"][0], "fix_versions": []}

    assert told_of({**FAULTY, "vulns": [fault]})[1][0].endswith("mended in no version yet")


def test_nothing_is_claimed_where_no_package_was_found():
    status, (line,) = told_of(SKIPPED, SKIPPED)

    assert status == 0
    assert "nothing is known" in line


def test_a_package_that_alone_is_missing_has_been_taken_away():
    assert told_of(CLEAN, SKIPPED) == (1, ["lxml: the index has this version no more"])


def test_a_service_that_cannot_be_reached_is_one_line_and_no_failure():
    errors = "Traceback …\nrequests.exceptions.ProxyError: Unable to connect to proxy\n"

    status, (line,) = verdict("", errors)

    assert status == 0
    assert "nobody could be asked" in line


def test_an_audit_that_broke_otherwise_fails():
    assert verdict("", "ERROR:pip_audit._cli:invalid requirements input: x.txt")[0] == 1


def test_nothing_known_against_all_of_them_is_said_with_their_number():
    assert told_of(CLEAN, CLEAN) == (0, ["advisories: none against 2 packages"])
