"""What is shipped is listed with its licence, and nothing is shipped under one that nobody read."""

from email.message import Message

import pytest
from local_run import ROOT

from desk import licences
from desk.errors import DeskError


def package(**said):
    about = Message()
    about["Name"] = "new-package"
    for name, value in said.items():
        about[name.replace("_", "-")] = value
    return about


def test_the_page_of_licences_does_not_lag_behind_what_is_shipped():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")

    assert page.endswith(f"\n\n{licences.text(licences.licences())}\n")


@pytest.mark.parametrize(
    "said",
    [
        {"License_Expression": "GPL-3.0-only"},
        {"License_Expression": "MIT AND LGPL-2.1-or-later"},
        {"License_Expression": "MIT OR Apache-2.0"},  # which of the two is somebody's choice
        {"License": "Custom, see LICENSE"},
        {"Classifier": "License :: OSI Approved :: GNU Affero General Public License v3"},
        {},
    ],
)
def test_a_licence_that_nobody_has_read_is_refused(said):
    with pytest.raises(DeskError, match=r"^new-package 1\.0 comes under .*: read its licence file"):
        licences._licence("new-package", "1.0", package(**said))


@pytest.mark.parametrize(
    "said",
    [
        {"License_Expression": "MPL-2.0 AND MIT"},
        {"Classifier": "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"},
    ],
)
def test_what_asks_for_more_than_its_notice_is_told(said):
    assert licences._licence("new-package", "1.0", package(**said)).asks == licences.WEAK
