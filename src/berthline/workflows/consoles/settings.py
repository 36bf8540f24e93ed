"""How long leave to open a console lasts, and how many may be open."""

import msgspec


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. ``origins`` are those of pages elsewhere that may open and show consoles."""

    token_seconds: int = 600
    session_seconds: int = 43_200
    sessions: int = 256
    sessions_per_server: int = 8
    origins: tuple[str, ...] = ()
    peer_url: str = ""
    """Where other processes of the cloud reach this one; "": where it listens."""
