"""The end of a guest's serial console."""


def last_lines(kept: bytes, lines: int | None) -> bytes:
    """The last ``lines`` lines of what is kept, or all of it for None.

    A line is what stands between two newlines, as Nova counts: what is behind the last one is a line too, empty or
    not.
    """
    if lines is None:
        return kept
    return b"\n".join(kept.split(b"\n")[-lines:]) if lines else b""
