"""The size ratchet: what it measures, and that it lets nothing grow."""

import ast
from pathlib import Path

from tools import size_ratchet


def test_a_function_is_measured_without_its_docstring() -> None:
    source = 'def f() -> int:\n    """One\n    two."""\n    return 1\n'
    assert list(size_ratchet.functions(ast.parse(source))) == [("f", 2)]


def test_nested_functions_and_methods_carry_qualified_names() -> None:
    source = "class A:\n    def b(self):\n        def c():\n            pass\n        return c\n"
    assert [name for name, _ in size_ratchet.functions(ast.parse(source))] == ["A.b", "A.b.c"]


def test_what_is_over_a_limit_is_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    body = "    x = 1\n" * (size_ratchet.FUNCTION_LINES + 1)
    (tmp_path / "src" / "long.py").write_text(f"def f():\n{body}")
    (tmp_path / "src" / "longer.py").write_text("x = 1\n" * (size_ratchet.FILE_LINES + 1))
    assert size_ratchet.oversized(tmp_path) == {
        "src/long.py::f": size_ratchet.FUNCTION_LINES + 2,
        "src/longer.py": size_ratchet.FILE_LINES + 1,
    }


def test_new_and_grown_and_stale_entries_are_complaints() -> None:
    found = {"new.py": 500, "grown.py": 501, "same.py": 600}
    recorded = {"grown.py": 500, "same.py": 600, "gone.py": 450}
    text = "\n".join(size_ratchet.complaints(found, recorded))
    assert "new.py: 500 lines, over 400" in text
    assert "grown.py: 501 lines, recorded at 500" in text
    assert "gone.py: shorter than its record" in text
    assert "same.py" not in text


def test_shrinking_never_raises_and_never_adds() -> None:
    found = {"new.py": 500, "grown.py": 501, "less.py": 450}
    recorded = {"grown.py": 500, "less.py": 600, "gone.py": 450}
    assert size_ratchet.shrunk(found, recorded) == {"grown.py": 500, "less.py": 450}
