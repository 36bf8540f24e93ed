"""Where settings come from: command line, then environment, then TOML file; the first that says something wins.

Each value is checked by itself, so that a complaint names the place it came from: an option, a variable, or a line.
"""

import ipaddress
import os
import tomllib
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from berthline.config.database_url import fault_of, has_password
from berthline.config.hosts import Simulated
from berthline.config.model import (
    ENVIRONMENT_PREFIX,
    FILE_NAME,
    Dataplane,
    Settings,
    default_data,
    item_struct_of,
    struct_of,
)
from berthline.config.toml_lines import line_of

NOT_SETTINGS: Final = frozenset(
    {"BERTHLINE_CONFIG", "BERTHLINE_REQUIRE_DATAPLANE", "BERTHLINE_REQUIRE_POSTGRESQL", "BERTHLINE_TEST_DATABASE"}
)
"""Variables of ours that are not settings: which file to read, and switches of the tests."""

SettingPath = tuple[str | int, ...]
Where = Callable[[SettingPath], str]


class WrongSetting(Exception):
    """A setting cannot be used. ``place`` is the option, variable, or file and line; ``reason`` what would do."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class Given(NamedTuple):
    """One value somebody gave: where it belongs in the tree, the value, and how to name the place it came from."""

    path: SettingPath
    value: Any
    where: Where


def load(
    options: Mapping[str, tuple[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
    config_file: Path | None = None,
    *,
    complete: bool = True,
) -> Settings:
    """The settings that the three sources give together.

    ``options``: dotted setting -> (name of the option, value). ``environment`` None means the process's own.
    ``config_file`` None reads ``$BERTHLINE_CONFIG``, else DIR/berthline.toml where there is one. ``complete`` False
    is for commands that start no cloud: they need neither hosts nor a data plane.
    Raises WrongSetting for an unknown or wrong setting.
    """
    variables = os.environ if environment is None else environment
    from_options = list(_from_options(options or {}))
    from_environment = list(_from_environment(variables))
    data = _data_folder([*from_environment, *from_options])
    from_file = list(_from_file(config_file, variables, data))
    tree: dict[str, Any] = {}
    places: dict[str, str] = {}
    for given in (*from_file, *from_environment, *from_options):
        _place(tree, given)
        places[".".join(str(part) for part in given.path)] = given.where(given.path)
    settings = msgspec.convert(tree, Settings)
    _check_database(settings, places)
    if complete:
        _check_together(settings, places)
    return settings


def _place(tree: dict[str, Any], given: Given) -> None:
    *folders, name = given.path
    for folder in folders:
        tree = tree.setdefault(str(folder), {})
    tree[str(name)] = given.value


# --- the three sources ---


def _always(place: str) -> Where:
    return lambda _path: place


def parsed(option: str, dotted: str, text: str) -> Any:
    """The value of the setting ``dotted`` that ``text``, given by ``option``, stands for, as in the environment.

    Raises WrongSetting.
    """
    for path, kind in dict(_leaves(Settings, (), "")).values():
        if ".".join(str(part) for part in path) == dotted:
            return text if _is_text(kind) else _toml_value(option, text)
    raise WrongSetting(option, f"{dotted}: no such setting; docs/reference/settings.md lists them")


def _from_options(options: Mapping[str, tuple[str, Any]]) -> Iterator[Given]:
    for dotted, (option, value) in options.items():
        yield from _checked(Settings, tuple(dotted.split(".")), value, _always(option))


def _from_environment(variables: Mapping[str, str]) -> Iterator[Given]:
    known = dict(_leaves(Settings, (), ENVIRONMENT_PREFIX))
    for name in sorted(variables):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in NOT_SETTINGS:
            continue
        if name not in known:
            raise WrongSetting(name, "no such setting; docs/reference/settings.md lists them")
        path, kind = known[name]
        value = variables[name] if _is_text(kind) else _toml_value(name, variables[name])
        yield from _checked(Settings, path, value, _always(name))


def _from_file(config_file: Path | None, variables: Mapping[str, str], data: Path) -> Iterator[Given]:
    named = config_file or (Path(variables["BERTHLINE_CONFIG"]) if variables.get("BERTHLINE_CONFIG") else None)
    file = named or data / FILE_NAME
    if named is None and not file.exists():
        return
    try:
        text = file.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except OSError as error:
        raise WrongSetting(str(file), f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(str(file), f"is not TOML: {error}") from None

    def where(path: SettingPath) -> str:
        return f"{file} line {line_of(text, path)}"

    if named is None and "data" in tree:
        raise WrongSetting(where(("data",)), "data: the file lies in the data folder; name it by --config to move that")
    for name, value in tree.items():
        yield from _checked(Settings, (name,), value, where)


def _data_folder(given: list[Given]) -> Path:
    named = [one.value for one in given if one.path == ("data",)]
    return Path(named[-1] if named else default_data()).expanduser().absolute()


# --- checking one value ---


def _checked(
    kind: type[msgspec.Struct], path: SettingPath, value: Any, where: Where, depth: int = 0
) -> Iterator[Given]:
    """The single settings that ``value`` at ``path`` holds, each checked; ``kind`` is what ``path[:depth]`` is."""
    hints = typing.get_type_hints(kind, include_extras=True)
    name = path[depth]
    if name not in hints:
        known = ", ".join(field.name for field in msgspec.structs.fields(kind))
        raise WrongSetting(
            where(path[: depth + 1]), f"{_dotted(path[: depth + 1])}: no such setting; there are {known}"
        )
    hint = hints[str(name)]
    nested = struct_of(hint)
    if nested is not None:
        if len(path) > depth + 1:
            yield from _checked(nested, path, value, where, depth + 1)
            return
        if not isinstance(value, dict):
            raise WrongSetting(where(path), f"{_dotted(path)}: expected a table of settings")
        for inner, one in value.items():
            yield from _checked(nested, (*path, inner), one, where, depth + 1)
        return
    _check_items(hint, path, value, where)
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        raise WrongSetting(where(path), f"{_dotted(path)}: {_reason(error)}") from None
    yield Given(path, value, where)


def _check_items(hint: Any, path: SettingPath, value: Any, where: Where) -> None:
    """Check a list of Structs item by item, so that a complaint names the line within it."""
    item = item_struct_of(hint)
    if item is None or not isinstance(value, list):
        return
    required = [field.name for field in msgspec.structs.fields(item) if field.required]
    for index, one in enumerate(value):
        place = (*path, index)
        if not isinstance(one, dict):
            raise WrongSetting(where(place), f"{_dotted(place)}: expected a table of settings")
        for name, inner in one.items():
            for _ in _checked(item, (*place, name), inner, where, len(place)):
                pass
        for name in required:
            if name not in one:
                raise WrongSetting(where(place), f"{_dotted(place)}: {name} is missing")


def _reason(error: msgspec.ValidationError) -> str:
    words = str(error)
    return words[0].lower() + words[1:].replace("`str`", "text").replace("`int`", "a whole number")


def _dotted(path: SettingPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _leaves(
    kind: type[msgspec.Struct], path: SettingPath, variable: str
) -> Iterator[tuple[str, tuple[SettingPath, Any]]]:
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        nested = struct_of(hint)
        if nested is not None:
            yield from _leaves(nested, (*path, name), f"{variable}{name.upper()}_")
        else:
            yield variable + name.upper(), ((*path, name), hint)


def _is_text(hint: Any) -> bool:
    bare = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    return bare is str or typing.get_origin(bare) is typing.Literal


def _toml_value(name: str, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        raise WrongSetting(name, f"{text!r} is not a TOML value (a number, true, false, or a list)") from None


# --- checking what only makes sense together ---


def _check_together(settings: Settings, places: Mapping[str, str]) -> None:
    plane, real, simulated = settings.dataplane, settings.hypervisors, settings.simulated.hosts > 0
    kind = places.get("dataplane.kind", "settings")
    _check_prefixes(plane, places)
    _check_tls(settings, places)
    _check_loss(settings, places)
    if settings.port > 65535:
        raise WrongSetting(places.get("listen", "settings"), f"listen: there is no port {settings.port}")
    _check_world(settings, places)
    simulated = simulated or bool(settings.simulated.world)
    if plane.kind == "ovn" and simulated:
        raise WrongSetting(
            places.get("simulated.hosts", places.get("simulated.world", "settings")),
            "simulated.hosts: use dataplane.kind = simulated with them",
        )
    if plane.kind == "simulated" and real:
        raise WrongSetting(kind, "dataplane.kind: a guest on a real host needs dataplane.kind = ovn")
    if plane.kind == "simulated" and not simulated:
        raise WrongSetting(kind, "simulated.hosts: at least 1 with dataplane.kind = simulated, or simulated.world")
    if plane.kind == "ovn" and not (plane.northbound and plane.southbound):
        raise WrongSetting(
            kind,
            "no data plane: name OVN's databases (dataplane.northbound, dataplane.southbound) in the configuration file"
            " and add hosts by `berthline host add`, or use --simulated",
        )
    names = [host.name for host in real]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise WrongSetting(places.get("hypervisors", "settings"), f"hypervisors: more than one is named {twice[0]}")


def _check_loss(settings: Settings, places: Mapping[str, str]) -> None:
    """A fence has what it works by."""
    needed = {"command": "fence_command", "redfish": "fence_credentials_file"}.get(settings.loss.fence)
    if needed is not None and not getattr(settings.loss, needed):
        place = places.get("loss.fence", "settings")
        raise WrongSetting(place, f"loss.fence: {settings.loss.fence} needs loss.{needed} beside it")


def _check_database(settings: Settings, places: Mapping[str, str]) -> None:
    place = places.get("database", "settings")
    if settings.database:
        if fault := fault_of(settings.database):
            raise WrongSetting(place, f"database: {fault}")
        if has_password(settings.database) and place.startswith("--"):
            raise WrongSetting(
                place,
                "database: a password on the command line is seen by everybody on this machine; name a file that holds "
                "it by database_password_file, or a passfile",
            )
    if settings.database_password_file:
        place = places.get("database_password_file", "settings")
        if not settings.database:
            raise WrongSetting(place, "database_password_file: there is no database that it could be for")
        if has_password(settings.database):
            raise WrongSetting(place, "database_password_file: database has a password in it already")


def _check_tls(settings: Settings, places: Mapping[str, str]) -> None:
    """A certificate goes with its key, and remotes by ``ssl:`` with what shows who we are."""
    for one, other in (("certificate", "private_key"), ("private_key", "certificate")):
        if getattr(settings.tls, one) and not getattr(settings.tls, other):
            place = f"tls.{one}"
            raise WrongSetting(places.get(place, "settings"), f"{place}: it needs tls.{other} beside it")
    plane = settings.dataplane
    for name in ("northbound", "southbound", "ovs_db"):
        if not any(remote.strip().startswith("ssl:") for remote in getattr(plane, name).split(",")):
            continue
        lacking = [one for one in ("private_key", "certificate", "authorities") if not getattr(plane, one)]
        if lacking:
            place = f"dataplane.{name}"
            raise WrongSetting(places.get(place, "settings"), f"{place}: ssl: needs dataplane.{lacking[0]}")


def _check_world(settings: Settings, places: Mapping[str, str]) -> None:
    """A world apart was told by its own command how many hosts it has, and how large they are."""
    for field in msgspec.structs.fields(Simulated):
        place = f"simulated.{field.name}"
        if settings.simulated.world and field.name != "world" and place in places:
            raise WrongSetting(
                places[place], f"{place}: the world at {settings.simulated.world} has its own: give it to that one"
            )


def _check_prefixes(plane: Dataplane, places: Mapping[str, str]) -> None:
    for text in plane.dns_servers:
        if not _is_address(text):
            place = "dataplane.dns_servers"
            raise WrongSetting(places.get(place, "settings"), f"{place}: {text!r} is no IP address")
    for place, text, version, longest in (
        ("dataplane.auto_prefix_v4", plane.auto_prefix_v4, 4, 26),
        ("dataplane.auto_prefix_v6", plane.auto_prefix_v6, 6, 64),
    ):
        if text and not _is_prefix(text, version, longest):
            raise WrongSetting(
                places.get(place, "settings"), f"{place}: {text!r} is no IPv{version} prefix of /{longest} or shorter"
            )


def _is_address(text: str) -> bool:
    try:
        return "%" not in str(ipaddress.ip_address(text))
    except ValueError:
        return False


def _is_prefix(text: str, version: int, longest: int) -> bool:
    try:
        prefix = ipaddress.ip_network(text)
    except ValueError:
        return False
    return prefix.version == version and prefix.prefixlen <= longest
