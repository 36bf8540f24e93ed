"""The tree speaks of Berthline alone, and keeps the promises that no linter checks."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Places and addresses that are true of one machine only. Written in pieces, or this file would hold them itself.
FOREIGN = [
    re.compile(pattern)
    for pattern in (
        "(?<![a-z.])/" + "work/",
        "/opt/" + "(wheels|pypi)",
        "pypi" + r"\.org",
        "pythonhosted" + r"\.org",
    )
]
PATCHING = re.compile(r"\b(unittest\.mock|MagicMock|monkeypatch\.setattr|mocker)\b")


def texts() -> dict[str, str]:
    """Every text file of ours that is, or could be, in a commit, by its name."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        places = ("src", "tests", "tools", "docs", "scripts", "bench", ".ci")
        paths = [*ROOT.glob("*.*"), *(path for place in places for path in (ROOT / place).rglob("*"))]
    found: dict[str, str] = {}
    for path in paths:
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            try:
                found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def test_nothing_names_the_machine_it_was_written_on() -> None:
    assert [(name, match.group()) for name, text in texts().items() for p in FOREIGN if (match := p.search(text))] == []


def test_locks_are_hashed_and_name_no_index() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pins = re.split(r"\n(?=[a-z])", text.split("\n# The following")[0].strip())
        assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_locks_hold_every_dependency_that_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["dependency-groups"]["dev"],
    }
    for lock, requirements in wanted.items():
        locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        names = {re.sub("[._]", "-", re.split(r"[<>=!~\[; ]", line)[0]).lower() for line in requirements}
        assert names <= locked, lock


def test_nothing_is_patched_outside_contract_tests() -> None:
    tests = {name: text for name, text in texts().items() if name.startswith("tests/") and name.endswith(".py")}
    allowed = ("tests/contract/", "tests/style/test_tree.py")
    assert [name for name, text in tests.items() if not name.startswith(allowed) and PATCHING.search(text)] == []


def test_no_shell_is_asked_to_read_a_command() -> None:
    found: list[str] = []
    for name, text in texts().items():
        if name.startswith("src/") and name.endswith(".py"):
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            found += [f"{name}:{call.lineno}" for call in calls if any(word.arg == "shell" for word in call.keywords)]
    assert found == []
