"""A replica of part of a database: read once, then kept by notifications; read anew after each reconnect."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import structlog

from berthline.dataplane.ovsdb.rpc import Rpc, Tls, connect
from berthline.dataplane.ovsdb.values import ColumnType, Record, change, column_type, decode, default
from berthline.domain.errors import Refused, Transient

log = structlog.get_logger("berthline.ovsdb")

RETRY_FIRST: Final = 0.1
RETRY_MOST: Final = 2.0
FIRST_CONNECT_SECONDS: Final = 10.0

PASSING: Final = frozenset(
    {"timed out", "not owner", "aborted", "cluster error", "resources exhausted", "I/O error", "canceled"}
)
"""Error codes of a transaction (RFC 7047, 4.1.3 and ovsdb-server(7)) after which the same may succeed."""

Watcher = Callable[[str, str, Record | None, Record | None], None]
"""Told of a row's change: table, UUID, and the row before and after; None: it was not, or is no more, there.

Of a row that changed, before holds the columns that did.
"""


class Replica:
    """The chosen columns of a database.

    ``tables`` maps tables to columns; ``reverse`` names reference columns whose other direction is kept too.
    """

    def __init__(
        self,
        remotes: str,
        database: str,
        tables: Mapping[str, Collection[str]],
        *,
        reverse: Collection[tuple[str, str]] = (),
        tls: Tls | None = None,
    ) -> None:
        self.types: dict[str, dict[str, ColumnType]] = {}
        self.rows: dict[str, dict[str, Record]] = {table: {} for table in tables}
        self.changes = 0
        self._remotes = remotes
        self._database = database
        self._wanted = tables
        self._tls = tls
        self._reverse = {place: defaultdict[str, set[str]](set) for place in reverse}
        self._watchers: list[Watcher] = []
        self._on_synced: list[Callable[[], None]] = []
        self._on_cleared: list[Callable[[], None]] = []
        self._rpc: Rpc | None = None
        self._synced = asyncio.Event()
        self._tried = asyncio.Event()
        self._why = f"{database}: not connected yet"
        self._task: asyncio.Task[None] | None = None

    def watch(self, watcher: Watcher) -> None:
        """Tell of every row's change, also of each row that a (re)connection reads."""
        self._watchers.append(watcher)

    def on_synced(self, callback: Callable[[], None]) -> None:
        """Call back each time the replica has been read (anew)."""
        self._on_synced.append(callback)

    def on_cleared(self, callback: Callable[[], None]) -> None:
        """Call back when all rows are dropped, before they are read anew."""
        self._on_cleared.append(callback)

    def referrers(self, table: str, column: str, target: str) -> frozenset[str]:
        """UUIDs of the rows whose ``column`` (one of ``reverse``) holds ``target``."""
        return frozenset(self._reverse[table, column].get(target, ()))

    async def ready(self) -> None:
        """Be connected and complete; the first time this connects. Raises Transient."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"ovsdb {self._database}")
        if not self._tried.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_CONNECT_SECONDS):
                    await self._tried.wait()
        if self._rpc is None or not self._rpc.open or not self._synced.is_set():
            raise Transient(self._why)

    async def fresh(self) -> None:
        """Be ready, and hold every change that the server had made when this was called. Raises Transient."""
        await self.ready()
        await self._call("echo", [])

    async def transact(self, operations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Do the operations in one transaction; the replica shows them when this returns.

        Returns one result for each. Raises Refused when the database says no, Transient when it cannot be reached: then
        the transaction may have been done.
        """
        await self.ready()
        results: list[dict[str, Any] | None] = await self._call("transact", [self._database, *operations])
        for place, result in enumerate(results):
            if result is not None and "error" in result:
                operation = operations[place] if place < len(operations) else {"op": "commit"}
                words = f"{operation['op']} {operation.get('table', '')}: {result['error']} {result.get('details', '')}"
                raise Transient(words) if result["error"] in PASSING else Refused(words)
        return [result or {} for result in results]

    async def close(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _call(self, method: str, parameters: Sequence[Any]) -> Any:
        if self._rpc is None:
            raise Transient(self._why)
        return await self._rpc.call(method, parameters)

    async def _keep(self) -> None:
        """Stay connected."""
        failures = 0
        while True:
            try:
                self._rpc = await connect(self._remotes, self._notice, self._tls)
                await self._read_all(self._rpc)
                failures = 0
                self._why = f"{self._database}: {await self._rpc.until_lost()}"
                log.warning("a database is gone; connecting anew", database=self._database, why=self._why)
            except (Transient, Refused) as error:
                failures += 1
                self._why = f"{self._database}: {error.message}"
                self._tried.set()
            finally:
                self._synced.clear()
                if self._rpc is not None:
                    await self._rpc.close()
                    self._rpc = None
            if failures:
                await asyncio.sleep(min(RETRY_MOST, RETRY_FIRST * 2 ** min(failures, 10)))

    async def _read_all(self, rpc: Rpc) -> None:
        schema = await rpc.call("get_schema", [self._database])
        self.types = {
            table: self._types_of(schema["tables"], table, columns) for table, columns in self._wanted.items()
        }
        requests = {table: [{"columns": list(columns)}] for table, columns in self.types.items()}
        self._clear()
        await rpc.call("monitor_cond", [self._database, None, requests], self._take)
        self._synced.set()
        self._tried.set()
        for callback in self._on_synced:
            callback()

    def _types_of(self, tables: Mapping[str, Any], table: str, columns: Collection[str]) -> dict[str, ColumnType]:
        """Types of the table's columns. Raises Refused when the server's schema lacks some."""
        known = tables.get(table, {"columns": {}})["columns"]
        if lacking := [column for column in columns if column not in known]:
            raise Refused(f"its table {table} lacks {', '.join(lacking)}: upgrade the server")
        return {column: column_type(known[column]) for column in columns}

    def _clear(self) -> None:
        for rows in self.rows.values():
            rows.clear()
        for index in self._reverse.values():
            index.clear()
        for callback in self._on_cleared:
            callback()

    def _notice(self, method: str, parameters: list[Any]) -> None:
        if method == "update2":
            self._take(parameters[1])

    def _take(self, updates: Mapping[str, Mapping[str, Any]]) -> None:
        self.changes += 1
        for table, rows in updates.items():
            for uuid, update in rows.items():
                if "modify" in update:
                    self._modify(table, uuid, update["modify"])
                elif "delete" in update:
                    self._remove(table, uuid)
                else:
                    self._insert(table, uuid, update.get("initial") or update.get("insert") or {})

    def _insert(self, table: str, uuid: str, json: Mapping[str, Any]) -> None:
        types = self.types[table]
        record: Record = {
            column: decode(kind, json[column]) if column in json else default(kind) for column, kind in types.items()
        }
        self.rows[table][uuid] = record
        self._link(table, uuid, record)
        self._tell(table, uuid, None, record)

    def _remove(self, table: str, uuid: str) -> None:
        record = self.rows[table].pop(uuid)
        self._link(table, uuid, record)
        self._tell(table, uuid, record, None)

    def _modify(self, table: str, uuid: str, json: Mapping[str, Any]) -> None:
        record = self.rows[table][uuid]
        before: Record = {}
        for column, difference in json.items():
            kind = self.types[table][column]
            if (table, column) in self._reverse:
                targets = decode(kind, difference)
                assert isinstance(targets, set)
                self._toggle(table, column, uuid, targets)
            else:
                old = record[column]
                before[column] = old.copy() if isinstance(old, set | dict) else old
            record[column] = change(kind, record[column], difference)
        self._tell(table, uuid, before, record)

    def _link(self, table: str, uuid: str, record: Record) -> None:
        """Note, or take back, which rows a row that appears, or goes, refers to."""
        for place, column in self._reverse:
            if place == table:
                targets = record.get(column, set())
                assert isinstance(targets, set)
                self._toggle(table, column, uuid, targets)

    def _toggle(self, table: str, column: str, uuid: str, targets: set[Any]) -> None:
        index = self._reverse[table, column]
        for target in targets:
            index[target] ^= {uuid}
            if not index[target]:
                del index[target]

    def _tell(self, table: str, uuid: str, before: Record | None, after: Record | None) -> None:
        for watcher in self._watchers:
            watcher(table, uuid, before, after)
