"""Passwords: argon2id hashes, made and verified in two threads of their own.

A hash takes tens of milliseconds and 19 MiB, so never on the event loop, and never more than two at once however many
log in; who comes when too many wait is told to come back.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple, Unpack

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from berthline.domain.errors import BadRequest, Unavailable

MEMORY_KIB: Final = 19_456
TIME_COST: Final = 2
"""With one lane, the least that OWASP's password storage sheet recommends for argon2id."""

LONGEST: Final = 1024
THREADS: Final = 2
MOST_WAITING: Final = 256

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class Passwords:
    """Hashes and verifies. ``time_cost`` rounds over ``memory_kib`` KiB; ``verifies`` False: it will only hash."""

    def __init__(self, *, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB, verifies: bool = True) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self.verified = 0
        """How many passwords were verified; what a login costs is one of these, whoever it names."""
        self._nobodys = Future[str]()
        if verifies:  # the threads' first work, before anything can be verified, and while the process starts
            text = "nobody has this password, and it costs what any does"
            self._nobodys = self._threads.submit(self._hasher.hash, text)
        else:
            self._nobodys.set_exception(RuntimeError("these passwords are only hashed"))

    def hash_now(self, password: str) -> str:
        """The hash of ``password``, made in this thread. Raises BadRequest for one that is empty or too long."""
        if not password:
            raise BadRequest("the password is empty")
        if len(password.encode()) > LONGEST:
            raise BadRequest(f"the password is longer than {LONGEST} bytes")
        return self._hasher.hash(password)

    def hash_each(self, passwords: Sequence[str]) -> tuple[str, ...]:
        """``hash_now`` of each, in the threads, side by side. Blocks."""
        return tuple(self._threads.map(self.hash_now, passwords))

    async def hash(self, password: str) -> str:
        """``hash_now`` in a thread of its own."""
        return await self._run(self.hash_now, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """True when ``password`` made ``hashed``. None, for a user who is not there, takes as long and is False."""
        if len(password.encode(errors="surrogatepass")) > LONGEST:
            return False
        self.verified += 1
        matches = await self._run(self._verify_now, password, hashed)
        return matches and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """True when the hash was made with other parameters than today's."""
        try:
            return self._hasher.check_needs_rehash(hashed)
        except InvalidHashError:
            return True

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify_now(self, password: str, hashed: str | None) -> bool:
        try:
            return self._hasher.verify(hashed or self._nobodys.result(), password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    async def _run(self, work: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many logins wait; try again in a second")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1
