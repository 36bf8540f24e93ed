"""The libraries of the consoles' pages are as they were published: nobody changed a file of them here."""

import json

from tools.browser_libraries import FOLDER, RECORD, digest


def test_every_library_is_what_its_record_says() -> None:
    record = json.loads(RECORD.read_text())
    assert {one["folder"] for one in record} == {path.name for path in FOLDER.iterdir() if path.is_dir()}
    for one in record:
        assert digest(FOLDER / one["folder"]) == one["digest"], one["name"]
        assert any("LICENSE" in path.name for path in (FOLDER / one["folder"]).iterdir()), one["name"]
        assert one["licence"]
