"""Domains, projects, users, roles and tokens, changed by two processes that do not know of each other."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from berthline.api.compute.context import hold_project
from berthline.api.compute.keypairs.keypairs import keep
from berthline.domain.auth import Caller
from berthline.domain.clock import SystemClock
from berthline.domain.compute import Keypair
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    Unauthorized,
)
from berthline.domain.identity import DEFAULT_DOMAIN, Domain, Project, Role, Scope, User
from berthline.domain.ids import ProjectId
from berthline.identity.application_credentials import ApplicationCredentials, CredentialFields, RuleFields
from berthline.identity.bootstrap import bootstrap
from berthline.identity.directory import Directory, DomainFields, ProjectFields, UserFields
from berthline.identity.grants import Holder
from berthline.identity.passwords import Passwords
from berthline.identity.roles import RoleFields
from berthline.identity.service import Identity
from berthline.store import Store
from berthline.store.compute import keypairs
from berthline.store.control import quotas
from berthline.store.identity import directory as rows
from berthline.store.identity import tokens
from berthline.store.identity.assignments import Choice, list_assignments
from tests.unit.store.races.beside import Beside, verb
from tests.unit.store.races.cloud import ADMIN, AT, PROJECT, only_one

CLOCK = SystemClock()
Call = Callable[[Directory], Awaitable[Any]]


def ask(call: Call) -> Callable[[Store], Any]:
    """What asks the identity service of one process, in an event loop of its own."""

    def on(store: Store) -> Any:
        passwords = Passwords(time_cost=1, memory_kib=8, verifies=False)

        async def run() -> Any:
            return await call(Directory(store, CLOCK, passwords))

        try:
            return asyncio.run(run())
        finally:
            passwords.close()

    return on


def race(beside: Beside, first: Call, second: Call) -> Any:
    return beside.race_runs(ask(first), ask(second))


def a_domain(beside: Beside, name: str = "old", *, enabled: bool = True) -> Domain:
    fields = DomainFields(name=name, enabled=enabled)
    made: Domain = ask(lambda d: d.create_domain(ADMIN, fields))(beside.one)
    return made


def a_project(beside: Beside, name: str = "old", domain: Domain | None = None) -> Project:
    fields = ProjectFields(name=name, domain_id=(domain or a_domain(beside)).id)
    made: Project = ask(lambda d: d.create_project(ADMIN, fields))(beside.one)
    return made


def a_user(beside: Beside, domain: Domain, name: str = "old") -> User:
    fields = UserFields(name=name, domain_id=domain.id)
    made: User = ask(lambda d: d.create_user(ADMIN, fields))(beside.one)
    return made


def a_role(beside: Beside, name: str = "old") -> Role:
    made: Role = ask(lambda d: d.roles.create(ADMIN, RoleFields(name=name)))(beside.one)
    return made


def creations(domain: Domain, name: str = "new") -> dict[str, Call]:
    """What makes each noun that is in a domain."""
    return {
        "project": lambda d: d.create_project(ADMIN, ProjectFields(name=name, domain_id=domain.id)),
        "user": lambda d: d.create_user(ADMIN, UserFields(name=name, domain_id=domain.id)),
        "role": lambda d: d.roles.create(ADMIN, RoleFields(name=name, domain_id=domain.id)),
    }


def test_a_domain_is_deleted_or_something_is_made_in_it(beside: Beside) -> None:
    for noun in ("project", "user", "role"):
        for deleted_first in (True, False):
            domain = a_domain(beside, f"{noun}-{deleted_first}", enabled=False)
            delete = verb("delete_domain", ADMIN, domain.id)
            create = creations(domain)[noun]
            ends = race(beside, delete, create) if deleted_first else race(beside, create, delete)
            only_one(ends, Conflict, NotFound)
            assert "already" not in str(ends.errors[0]), f"no {noun} of that name is there: {ends}"


def test_a_name_is_given_once(beside: Beside) -> None:
    domain = a_domain(beside)
    for create in (
        *creations(domain).values(),
        lambda d: d.create_domain(ADMIN, DomainFields(name="new")),
        lambda d: d.roles.create(ADMIN, RoleFields(name="new")),
    ):
        only_one(race(beside, create, create), Conflict)


def test_two_changes_of_one_thing_are_both_kept(beside: Beside) -> None:
    domain = a_domain(beside)
    project, user, role = a_project(beside, domain=domain), a_user(beside, domain), a_role(beside)
    for update in (
        lambda d, **said: d.update_domain(ADMIN, domain.id, DomainFields(**said)),
        lambda d, **said: d.update_project(ADMIN, project.id, ProjectFields(**said)),
        lambda d, **said: d.update_user(ADMIN, user.id, UserFields(**said)),
        lambda d, **said: d.roles.update(ADMIN, role.id, RoleFields(**said)),
    ):
        ends = race(beside, partial(update, extra={"one": 1}), partial(update, description="said", extra={"two": 2}))
        assert ends.errors == []
        assert (ends.second.description, ends.second.extra) == ("said", {"one": 1, "two": 2})


def test_tags_that_two_add_to_a_project_are_both_there(beside: Beside) -> None:
    project = a_project(beside)

    def add(tag: str) -> Call:
        return lambda d: d.update_project_tags(ADMIN, project.id, lambda tags: (*tags, tag))

    assert race(beside, add("one"), add("two")).errors == []
    found = beside.one.read_now(lambda c: rows.get_project(c, project.id))
    assert found is not None
    assert set(found.tags) == {"one", "two"}


def test_a_project_is_deleted_or_gets_one_below_it(beside: Beside) -> None:
    domain = a_domain(beside)
    for deleted_first in (True, False):
        above = a_project(beside, f"above-{deleted_first}", domain)
        delete = verb("delete_project", ADMIN, above.id)
        fields = ProjectFields(name=f"below-{deleted_first}", parent_id=above.id)
        create = verb("create_project", ADMIN, fields)
        only_one(race(beside, delete, create) if deleted_first else race(beside, create, delete), Conflict, NotFound)


def test_a_role_is_held_only_by_and_on_what_is_there(beside: Beside) -> None:
    """Whichever of the four ends meanwhile, the role is not given, or goes with it."""
    domain = a_domain(beside)
    for name in ("user", "role", "project", "domain"):
        for deleted_first in (True, False):
            suffix = f"{name}-{deleted_first}"
            ended = a_domain(beside, suffix, enabled=False)
            project, user, role = (
                a_project(beside, suffix, domain),
                a_user(beside, domain, suffix),
                a_role(beside, suffix),
            )
            scope = Scope("domain", ended.id) if name == "domain" else Scope("project", project.id)
            grant = verb("grants.grant", ADMIN, Holder("user", user.id), role.id, scope)
            delete = {
                "user": verb("delete_user", ADMIN, user.id),
                "role": verb("roles.delete", ADMIN, role.id),
                "project": verb("delete_project", ADMIN, project.id),
                "domain": verb("delete_domain", ADMIN, ended.id),
            }[name]
            ends = race(beside, delete, grant) if deleted_first else race(beside, grant, delete)
            assert all(isinstance(error, NotFound) for error in ends.errors), ends
            assert beside.one.read_now(partial(list_assignments, choice=Choice(scope=scope))) == ()


def test_a_role_that_two_give_is_held_once(beside: Beside) -> None:
    project = a_project(beside)
    user, role = a_user(beside, a_domain(beside, "other")), a_role(beside)
    which = (ADMIN, Holder("user", user.id), role.id, Scope("project", project.id))
    grant, revoke = verb("grants.grant", *which), verb("grants.revoke", *which)
    assert race(beside, grant, grant).errors == []
    held = ask(lambda d: d.grants.assignments(ADMIN, Choice(user_id=user.id), effective=False))(beside.one)
    assert len(held) == 1
    only_one(race(beside, revoke, revoke), NotFound)


def test_a_role_is_deleted_or_implied(beside: Beside) -> None:
    for deleted_first in (True, False):
        prior, implied = a_role(beside, f"prior-{deleted_first}"), a_role(beside, f"implied-{deleted_first}")
        imply = verb("roles.imply", ADMIN, prior.id, implied.id)
        delete = verb("roles.delete", ADMIN, implied.id)
        ends = race(beside, delete, imply) if deleted_first else race(beside, imply, delete)
        assert all(isinstance(error, NotFound) for error in ends.errors), ends
        assert ask(verb("roles.implications", ADMIN, prior.id))(beside.one).implied == ()
    imply = verb("roles.imply", ADMIN, a_role(beside, "prior").id, a_role(beside, "implied").id)
    only_one(race(beside, imply, imply), Conflict)


def test_a_password_is_changed_by_one_who_knows_it(beside: Beside) -> None:
    domain = a_domain(beside)
    user = a_user(beside, domain)
    ask(lambda d: d.update_user(ADMIN, user.id, UserFields(password="first")))(beside.one)

    def change(password: str) -> Callable[[Store], Any]:
        def on(store: Store) -> Any:
            identity = Identity(store, CLOCK)
            try:
                return asyncio.run(identity.change_password(user.id, "first", password))
            finally:
                identity.close()

        return on

    only_one(beside.race_runs(change("second"), change("third")), Unauthorized)


def test_a_token_that_two_revoke_is_revoked(beside: Beside) -> None:
    revoke = partial(tokens.revoke_token, token_id="t" * 32, expires_at=AT + 1, now=AT)
    assert beside.race(revoke, revoke).errors == []


def test_a_cloud_is_begun_once(beside: Beside) -> None:
    """Two machines with folders of their own start on a new database: one has the passwords, and the other none."""

    def begin(store: Store) -> Any:
        return bootstrap(store, CLOCK, hash_time_cost=1, hash_memory_kib=8)

    ends = beside.race_runs(begin, begin)
    assert ends.errors == []
    assert [made is None for made in ends].count(True) == 1
    assert beside.one.read_now(lambda c: rows.get_domain(c, DEFAULT_DOMAIN)) is not None


def test_limits_of_a_project_go_with_it(beside: Beside) -> None:
    domain = a_domain(beside)
    for deleted_first in (True, False):
        project = a_project(beside, f"p-{deleted_first}", domain)

        def limit(store: Store, of: ProjectId = project.id) -> None:
            def work(connection: Any) -> None:
                hold_project(connection, of)
                quotas.set_limits(connection, of, {"cores": 1})

            store.write_now(work)

        delete = ask(verb("delete_project", ADMIN, project.id))
        ends = beside.race_runs(delete, limit) if deleted_first else beside.race_runs(limit, delete)
        assert all(isinstance(error, BadRequest) for error in ends.errors), ends
        assert beside.one.read_now(lambda c: quotas.projects_with_limits(c, ["cores"])) == ()


def test_limits_that_two_set_are_ones_or_the_others(beside: Beside) -> None:
    def project(limits: dict[str, int]) -> Callable[[Any], None]:
        return lambda c: quotas.set_limits(c, PROJECT, limits)

    def of_class(limits: dict[str, int]) -> Callable[[Any], None]:
        return lambda c: quotas.set_class_limits(c, "gold", limits)

    for set_limits in (project, of_class):
        ends = beside.race(set_limits({"cores": 1, "ram": 1}), set_limits({"ram": 2, "cores": 2}))
        assert ends.errors == []
    one_or_other = ({"cores": 1, "ram": 1}, {"cores": 2, "ram": 2})
    assert beside.one.read_now(lambda c: quotas.limits(c, PROJECT, ["cores", "ram"])) in one_or_other
    assert beside.one.read_now(lambda c: quotas.class_limits(c, "gold", ["cores", "ram"])) in one_or_other


def test_the_last_key_pair_of_a_quota_is_one_requests(beside: Beside) -> None:
    user = a_user(beside, a_domain(beside))
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"key_pairs": 1}))

    def pair(name: str) -> Callable[[Any], None]:
        made = Keypair(user_id=user.id, name=name, type="ssh", fingerprint="", public_key="", created_at=AT)
        return lambda c: keep(c, PROJECT, made)

    only_one(beside.race(pair("one"), pair("two")), Forbidden)
    assert beside.one.read_now(lambda c: keypairs.count(c, user.id)) == 1


def test_of_two_application_credentials_one_gets_the_name_and_shared_rules_are_made_once(beside: Beside) -> None:
    _, _, creator = _who_can_delegate(beside)
    rule = RuleFields(service="image", path="/v2/images", method="GET")

    def create(name: str) -> Callable[[Store], Any]:
        return _delegate(lambda held: held.create(creator, creator.user_id, CredentialFields(name=name, rules=(rule,))))

    only_one(beside.race_runs(create("same"), create("same")), Conflict)
    ends = beside.race_runs(create("one"), create("other"))
    assert not ends.errors, ends
    listed = _delegate(lambda held: held.rules(creator, creator.user_id, {}))(beside.one)
    assert len(listed) == 1


def test_an_application_credential_is_made_or_its_role_is_taken_away(beside: Beside) -> None:
    for taken_first in (True, False):
        project, role, creator = _who_can_delegate(beside, f"{taken_first}")
        create = _delegate(lambda held, who=creator: held.create(who, who.user_id, CredentialFields(name="x")))
        scope = Scope("project", project.id)
        take = ask(partial(_take, user_id=creator.user_id, role_id=role.id, scope=scope))
        beside.race_runs(take, create) if taken_first else beside.race_runs(create, take)
        made = _delegate(lambda held, who=creator: held.list(who, who.user_id, {}))(beside.one)
        assert made == (), "what was given with the role outlived it"


async def _take(directory: Directory, *, user_id: str, role_id: str, scope: Scope) -> None:
    await directory.grants.revoke(ADMIN, Holder("user", user_id), role_id, scope)


def _who_can_delegate(beside: Beside, name: str = "old") -> tuple[Project, Role, Caller]:
    """A user with one role on one project, and what a token of his says."""
    domain = a_domain(beside, name)
    project, user, role = a_project(beside, name, domain), a_user(beside, domain, name), a_role(beside, name)
    ask(lambda d: d.grants.grant(ADMIN, Holder("user", user.id), role.id, Scope("project", project.id)))(beside.one)
    creator = msgspec.structs.replace(
        ADMIN, user_id=user.id, project_id=project.id, domain_id=domain.id, roles=frozenset({role.name})
    )
    return project, role, creator


def _delegate(call: Callable[..., Awaitable[Any]]) -> Callable[[Store], Any]:
    def on(store: Store) -> Any:
        passwords = Passwords(time_cost=1, memory_kib=8, verifies=False)

        async def run() -> Any:
            return await call(ApplicationCredentials(store, CLOCK, passwords))

        try:
            return asyncio.run(run())
        finally:
            passwords.close()

    return on
