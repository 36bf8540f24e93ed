"""docs/reference/leaks.md names every kind of leak that the code can find, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("src/berthline/store/control/leaks.py", "src/berthline/reconcile/leaks.py")
KIND = re.compile(r'Leak\(\s*f?"([^"]+)"')
UNITS = "network, port, security_group or router"


def test_every_kind_of_leak_is_explained() -> None:
    found = {kind for source in SOURCES for kind in KIND.findall((ROOT / source).read_text(encoding="utf-8"))}
    assert len(found) > 8
    rows = [line for line in (ROOT / "docs/reference/leaks.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    cells = [row.split("|")[1].strip() for row in rows]
    named = {kind for cell in cells for kind in re.split(r", (?=disks|server)", cell)}
    assert {kind.replace("{kind}", UNITS) for kind in found} == named - {"leak", "---"}
