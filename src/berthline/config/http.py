"""Settings of the connections of clients, and of the consoles that some of them become."""

from typing import Annotated

import msgspec
from msgspec import Meta


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of clients: what they may send, and how long they may take."""

    connections: Annotated[
        int, Meta(ge=1, description="Connections at once, idle ones too; less where the process may have fewer files.")
    ] = 8192
    connections_per_address: Annotated[
        int,
        Meta(
            ge=1, description="Of them from one address (IPv6: one /64), at most three quarters; raise it for a proxy."
        ),
    ] = 2048
    target_bytes: Annotated[
        int, Meta(ge=1024, le=65_535, description="Longest URI of a request; a longer one is answered 414.")
    ] = 65_535
    header_bytes: Annotated[
        int, Meta(ge=1024, description="Largest header, name and value; a larger one is answered 431.")
    ] = 16_384
    headers_bytes: Annotated[
        int, Meta(ge=1024, description="All headers of a request, each counted with 32 more; likewise. Trailers too.")
    ] = 65_536
    held_bytes: Annotated[
        int,
        Meta(ge=1_048_576, description="Bytes of all requests that have not come whole; over it the oldest are ended."),
    ] = 67_108_864
    first_byte_seconds: Annotated[float, Meta(gt=0, description="From a connection to its first byte.")] = 15.0
    head_seconds: Annotated[
        float, Meta(gt=0, description="From the first byte of a request to the end of its headers; then 408.")
    ] = 15.0
    body_seconds: Annotated[
        float, Meta(gt=0, description="A body may take so long, and a second more for each `bytes_per_second` of it.")
    ] = 60.0
    bytes_per_second: Annotated[
        int, Meta(ge=1, description="Slowest rate at which a client may send a body or take an answer.")
    ] = 1024
    send_seconds: Annotated[
        float, Meta(gt=0, description="How long a client may take less of an answer than that; then it is cut off.")
    ] = 60.0
    idle_seconds: Annotated[float, Meta(gt=0, description="From an answer to the next request on its connection.")] = (
        75.0
    )


class Consoles(msgspec.Struct, frozen=True, kw_only=True):
    """Consoles of servers in a browser."""

    token_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="How long the URL of a console may be opened, once.")
    ] = 600
    session_seconds: Annotated[int, Meta(ge=1, description="How long a console stays open at most.")] = 43_200
    sessions: Annotated[int, Meta(ge=1, description="Consoles open at once in one process.")] = 256
    sessions_per_server: Annotated[int, Meta(ge=1, description="Of them of one server.")] = 8
    origins: Annotated[
        tuple[str, ...],
        Meta(description="Origins (`https://HOST[:PORT]`) of pages elsewhere, a dashboard's, that may show consoles."),
    ] = ()
    peer_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^/?#\s]+/?)?$",
            description="`http[s]://HOST:PORT` at which the cloud's other API processes reach this one, to share "
            "serial consoles with it; empty: the address that it listens at.",
        ),
    ] = ""
