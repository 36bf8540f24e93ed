"""Address groups: prefixes that rules of security groups name together."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    AddressesAlreadyExist,
    AddressesNotFound,
    AddressGroupInUse,
    AddressGroupNotFound,
    InvalidInput,
)
from berthline.domain.ids import AddressGroupId, new_id
from berthline.domain.network import AddressGroup
from berthline.ipam.subnets import IpNetwork
from berthline.network import policy, sharing, values
from berthline.network.requests import AddressGroupCreate, AddressGroupUpdate, given
from berthline.store import Connection, Store
from berthline.store.engine.pages import ListRequest
from berthline.store.network import address_groups as rows
from berthline.store.network import rbac_policies
from berthline.store.network.changes import Change, mark_groups_of_addresses, record

MOST: Final = 4096
"""Prefixes of one group: each is one more match on every host that has a port with such a rule."""
_SHOWN: Final = 8


class AddressGroupService:
    """Neutron's verbs for address groups: each is one transaction, or one read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, caller: Caller, requests: Sequence[AddressGroupCreate]) -> tuple[AddressGroup, ...]:
        """All of them or none."""
        at = self._clock.now()
        return await self._store.write(
            lambda connection: tuple(create(connection, caller, each, at) for each in requests)
        )

    async def show(self, caller: Caller, group_id: str) -> AddressGroup:
        """One group that the caller sees."""
        return await self._store.read_short(lambda connection: find(connection, caller, group_id))

    async def page(self, caller: Caller, wanted: ListRequest) -> tuple[AddressGroup, ...]:
        """One page of the groups that the caller sees."""
        page = partial(rows.page, wanted=wanted, visible_to=policy.visible_to(caller), viewer=caller.project_id)
        found = await self._store.read(page)
        if found is None:
            raise _missing(str(wanted.marker))
        return found

    async def update(
        self, caller: Caller, group_id: str, request: AddressGroupUpdate, revision: int | None = None
    ) -> AddressGroup:
        """Rename or describe a group."""
        at = self._clock.now()
        return await self._store.write(lambda connection: update(connection, caller, group_id, request, at, revision))

    async def delete(self, caller: Caller, group_id: str, revision: int | None = None) -> None:
        """Delete a group that no rule names."""
        at = self._clock.now()
        await self._store.write(lambda connection: delete(connection, caller, group_id, at, revision))

    async def add_addresses(self, caller: Caller, group_id: str, addresses: Sequence[str]) -> AddressGroup:
        """Have more prefixes in a group."""
        at = self._clock.now()
        return await self._store.write(lambda connection: add_addresses(connection, caller, group_id, addresses, at))

    async def remove_addresses(self, caller: Caller, group_id: str, addresses: Sequence[str]) -> AddressGroup:
        """Have prefixes in a group no more."""
        at = self._clock.now()
        return await self._store.write(lambda connection: remove_addresses(connection, caller, group_id, addresses, at))


def find(connection: Connection, caller: Caller, group_id: str) -> AddressGroup:
    """A group that the caller sees. Raises AddressGroupNotFound, also for one of another project."""
    found = rows.get(connection, group_id, policy.visible_to(caller), caller.project_id)
    if found is None:
        raise _missing(group_id)
    return found


def create(connection: Connection, caller: Caller, request: AddressGroupCreate, at: int) -> AddressGroup:
    """Make a group. Raises InvalidInput for what is no prefix with its length, and for too many."""
    project_id = policy.owner_of_new(caller, request, "create_address_group")
    asked: Iterable[str] = given(request.addresses, None) or ()
    group = AddressGroup(
        id=AddressGroupId(new_id()),
        project_id=project_id,
        name=given(request.name, ""),
        description=given(request.description, ""),
        addresses=_sorted(values.prefix_with_length("addresses", each) for each in asked),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    _check_number(group)
    rows.add(connection, group)
    record(connection, [_change(group, "created")], at)
    return group


def update(
    connection: Connection, caller: Caller, group_id: str, request: AddressGroupUpdate, at: int, revision: int | None
) -> AddressGroup:
    """Change name or description."""
    group = _own(connection, caller, group_id, "update_address_group", revision)
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(request).items() if value is not UNSET
    }
    return _saved(connection, group, msgspec.structs.replace(group, **changes), at)


def delete(connection: Connection, caller: Caller, group_id: str, at: int, revision: int | None) -> None:
    """Delete a group. Raises AddressGroupInUse while a rule names it, whosever it is."""
    group = _own(connection, caller, group_id, "delete_address_group", revision)
    if rows.is_named(connection, group.id):
        raise AddressGroupInUse(f"Address group {group_id} is in use on one or more security group rules.")
    policies = rbac_policies.remove_of(connection, group.id)
    rows.remove(connection, group.id)
    record(connection, [_change(msgspec.structs.replace(group, revision=group.revision + 1), "deleted")], at)
    sharing.give_back(connection, policies)


def add_addresses(connection: Connection, caller: Caller, group_id: str, asked: Sequence[str], at: int) -> AddressGroup:
    """Put prefixes into a group, all of them or none. Raises InvalidInput, AddressesAlreadyExist."""
    wanted = _sorted(values.prefix("addresses", each) for each in asked)
    group = _own(connection, caller, group_id, "add_addresses", None)
    there = [each for each in wanted if each in group.addresses]
    if there:
        raise AddressesAlreadyExist(
            f"Addresses {', '.join(there[:_SHOWN])} already exist in the address group {group_id}."
        )
    return _readdressed(connection, group, [*group.addresses, *wanted], at)


def remove_addresses(
    connection: Connection, caller: Caller, group_id: str, asked: Sequence[str], at: int
) -> AddressGroup:
    """Take prefixes out of a group, all of them or none. Raises InvalidInput, AddressesNotFound."""
    gone = _sorted(values.prefix("addresses", each) for each in asked)
    group = _own(connection, caller, group_id, "remove_addresses", None)
    missing = [each for each in gone if each not in group.addresses]
    if missing:
        raise AddressesNotFound(f"Addresses {', '.join(missing[:_SHOWN])} not found in the address group {group_id}.")
    return _readdressed(connection, group, [each for each in group.addresses if each not in gone], at)


def _own(connection: Connection, caller: Caller, group_id: str, rule: str, revision: int | None) -> AddressGroup:
    """A group that the caller may change, locked. Raises AddressGroupNotFound also for one shared with him.

    Raises PolicyNotAuthorized for a reader, RevisionNumberConstraintFailed.
    """
    rows.lock(connection, [group_id])
    group = find(connection, caller, group_id)
    if not caller.is_admin and group.project_id != caller.project_id:
        raise _missing(group_id)
    policy.check_owner(caller, group.project_id, rule)
    policy.check_revision(revision, group.revision, group_id)
    return group


def _readdressed(connection: Connection, group: AddressGroup, wanted: Iterable[str], at: int) -> AddressGroup:
    """Give a group these prefixes, and have the data plane know it in every rule that names the group."""
    changed = msgspec.structs.replace(group, addresses=_sorted(ipaddress.ip_network(each) for each in wanted))
    _check_number(changed)
    saved = _saved(connection, group, changed, at)
    mark_groups_of_addresses(connection, group.id, at)
    return saved


def _saved(connection: Connection, group: AddressGroup, wanted: AddressGroup, at: int) -> AddressGroup:
    changed = msgspec.structs.replace(wanted, revision=group.revision + 1, updated_at=at)
    rows.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    return changed


def _sorted(prefixes: Iterable[IpNetwork]) -> tuple[str, ...]:
    """Each once, IPv4 first, in order of address."""
    key: Callable[[IpNetwork], Any] = lambda each: (each.version, int(each.network_address), each.prefixlen)  # noqa: E731
    return tuple(dict.fromkeys(str(each) for each in sorted(prefixes, key=key)))


def _check_number(group: AddressGroup) -> None:
    if len(group.addresses) > MOST:
        raise InvalidInput(f"Invalid input for addresses. Reason: a group has at most {MOST}.")


def _missing(group_id: str) -> AddressGroupNotFound:
    return AddressGroupNotFound(f"Address group {group_id} could not be found.")


def _change(group: AddressGroup, what: str) -> Change:
    return Change(kind="address_group", id=group.id, project_id=group.project_id, revision=group.revision, what=what)
