"""Every setting, its type, its bounds, its default and what it says: one frozen tree."""

import os
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from berthline.config.database_url import without_password
from berthline.config.hosts import Guests, HypervisorHost, Loss, Migration, Overcommit, Simulated
from berthline.config.http import Consoles as Consoles
from berthline.config.http import Http as Http
from berthline.config.images import WebDownload

DEFAULT_LISTEN: Final = "127.0.0.1:8774"
"""Nova's port; all four APIs answer on this one, each under its own path."""

ENVIRONMENT_PREFIX: Final = "BERTHLINE_"
FILE_NAME: Final = "berthline.toml"


def default_data() -> str:
    """``$XDG_DATA_HOME/berthline``, or ``~/.local/share/berthline``."""
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(home) / "berthline")


class Dataplane(msgspec.Struct, frozen=True, kw_only=True):
    """What makes ports real."""

    kind: Annotated[
        Literal["ovn", "simulated"], Meta(description="`ovn`, or `simulated` for a cloud without guests.")
    ] = "ovn"
    northbound: Annotated[
        str, Meta(description="OVN's northbound database: `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT`.")
    ] = ""
    southbound: Annotated[str, Meta(description="OVN's southbound database, likewise.")] = ""
    ovs_db: Annotated[
        str,
        Meta(
            description="Database of the Open vSwitch beside this process, where metadata is answered; empty: nowhere."
        ),
    ] = ""
    private_key: Annotated[
        str, Meta(description="File of our key, for those databases that are reached by `ssl:`; readable by us alone.")
    ] = ""
    certificate: Annotated[str, Meta(description="File of the certificate of that key.")] = ""
    authorities: Annotated[
        str, Meta(description="File of the authorities that sign those databases' certificates.")
    ] = ""
    network_namespace: Annotated[
        str, Meta(description="Network namespace that holds that switch's br-int; empty: this process's own.")
    ] = ""
    physical_networks: Annotated[
        tuple[str, ...], Meta(description="Names that flat and vlan networks may use, as in ovn-bridge-mappings.")
    ] = ("public",)
    gateway_chassis: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "OVN chassis that carry routers' gateways; empty: those of hosts whose `ovn-bridge-mappings` have the "
                "network that the gateway is in."
            )
        ),
    ] = ()
    dns_servers: Annotated[
        tuple[str, ...],
        Meta(description="Addresses of the name servers that guests of subnets without any are told; empty: none."),
    ] = ()
    auto_prefix_v4: Annotated[
        str,
        Meta(description="IPv4 prefix that subnets of auto-allocated networks are cut from, a /26 each; or empty."),
    ] = "10.128.0.0/10"
    auto_prefix_v6: Annotated[
        str, Meta(description="IPv6 prefix likewise, a /64 each; empty: auto-allocated networks have no IPv6.")
    ] = ""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A Neutron that has the networks, in the place of our own network service."""

    endpoint: Annotated[
        str, Meta(description="Neutron's URL, with or without `/v2.0`; empty: networks are our own.")
    ] = ""
    auth: Annotated[
        Literal["none", "password"],
        Meta(description="`password` at its Keystone, or `none` for a Neutron with auth_strategy=noauth."),
    ] = "none"
    auth_url: Annotated[str, Meta(description="Its Keystone's URL, with or without `/v3`.")] = ""
    username: Annotated[str, Meta(description="Our user there: admin in its project, member in users' projects.")] = ""
    password: Annotated[str, Meta(description="The user's password; never logged. Better in a file.")] = ""
    password_file: Annotated[str, Meta(description="File that holds the password instead.")] = ""
    user_domain: Annotated[str, Meta(description="Name of the user's domain.")] = "Default"
    project: Annotated[str, Meta(description="Name of the project in which our user is admin.")] = "service"
    project_domain: Annotated[str, Meta(description="Name of the domain of projects.")] = "Default"
    projects: Annotated[
        Literal["id", "name"],
        Meta(description="How a project of ours is found there: by the same `id`, or by the same `name`."),
    ] = "id"
    region: Annotated[str, Meta(description="Region of the endpoint in the catalogue; empty: our own region.")] = ""
    ca_file: Annotated[
        str, Meta(description="File of the authorities that sign its certificates; empty: known ones.")
    ] = ""
    wait_for_ports: Annotated[
        bool, Meta(description="A server is ACTIVE only when Neutron says that its ports are (Nova's vif_plugging).")
    ] = True
    timeout_seconds: Annotated[float, Meta(gt=0, description="How long one request may take.")] = 60.0

    def __repr__(self) -> str:
        return f"Network(endpoint={self.endpoint!r}, auth={self.auth!r}, username={self.username!r}, password hidden)"


class S3(msgspec.Struct, frozen=True, kw_only=True):
    """An S3 service that holds the bytes of images, with `images.store = "s3"`."""

    endpoint: Annotated[str, Meta(description="Its URL, `https://HOST[:PORT]`; empty: Amazon's for the region.")] = ""
    bucket: Annotated[str, Meta(description="A bucket that is there; nothing else writes below the prefix in it.")] = ""
    prefix: Annotated[str, Meta(description="What the names of all objects begin with, such as `cloud/`.")] = ""
    region: Annotated[str, Meta(description="Name of the region, which requests are signed for.")] = "us-east-1"
    access_key: Annotated[str, Meta(description="Id of the access key.")] = ""
    secret_key: Annotated[str, Meta(description="The secret of the key; never logged. Better in a file.")] = ""
    secret_key_file: Annotated[str, Meta(description="File that holds the secret instead.")] = ""
    ca_file: Annotated[
        str, Meta(description="File of the authorities that sign its certificate; empty: known ones.")
    ] = ""
    addressing: Annotated[
        Literal["path", "virtual"], Meta(description="The bucket is in the URL's `path`, or a part of the host's name.")
    ] = "path"
    timeout_seconds: Annotated[float, Meta(gt=0, description="How long it may say nothing to a request.")] = 60.0

    def __repr__(self) -> str:
        return f"S3(endpoint={self.endpoint!r}, bucket={self.bucket!r}, prefix={self.prefix!r}, keys hidden)"


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes of images are."""

    store: Annotated[
        Literal["folder", "shared_folder", "s3"],
        Meta(description="`folder` of one machine, `shared_folder` that all machines of the cloud mount, or `s3`."),
    ] = "folder"
    folder: Annotated[str, Meta(description="The folder; empty: `images` in the data folder.")] = ""
    s3: S3 = S3()
    web_download: WebDownload = WebDownload()


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """TLS at the address where the APIs answer."""

    certificate: Annotated[
        str, Meta(description="File of the certificate and of what leads to its authority; empty: plain HTTP.")
    ] = ""
    private_key: Annotated[str, Meta(description="File of its key; readable by us alone.")] = ""
    authorities: Annotated[
        str,
        Meta(
            description="File of the authorities by which clients know it, which clouds.yaml names; empty: known ones."
        ),
    ] = ""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of the identity service."""

    lifetime_seconds: Annotated[int, Meta(ge=1, description="How long a token is valid.")] = 3600


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may carry."""

    body_bytes: Annotated[int, Meta(ge=1024, description="Largest body of an ordinary request.")] = 114_688
    image_bytes: Annotated[int, Meta(ge=1, description="Largest image that may be uploaded.")] = 64 * 1024**3


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Deadlines."""

    boot_seconds: Annotated[
        float, Meta(gt=0, description="From POST /servers to running; then the boot is undone.")
    ] = 300.0
    soft_reboot_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description=(
                "How long a guest that is to reboot softly may take to power off; then its power is cut, as by a hard "
                "reboot (Nova's `wait_soft_reboot_seconds`)."
            ),
        ),
    ] = 120.0


class Shelving(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that are put away."""

    offload_seconds: Annotated[
        int,
        Meta(
            ge=-1,
            le=10**8,
            description=(
                "Seconds after which a server that was shelved leaves its host; 0: at once, as by Nova's default; "
                "-1: when an admin says so (`shelveOffload`)."
            ),
        ),
    ] = 0


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is over stays in the database."""

    events_days: Annotated[int, Meta(ge=0, le=36_500, description="Days that events are kept; 0: for ever.")] = 30
    sagas_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description=(
                "Days that finished sagas are kept with their steps; 0: for ever. One that an action of a server tells "
                "of stays as long as that server's row."
            ),
        ),
    ] = 30
    deleted_servers_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="Days that deleted servers are still shown to admins and by `changes-since`; 0: for ever.",
        ),
    ] = 90


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The log on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severity that is written.")
    ] = "info"
    format: Annotated[Literal["text", "json"], Meta(description="Lines for people or for programs.")] = "text"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one cloud."""

    listen: Annotated[
        str, Meta(description="HOST:PORT where all APIs answer; port 0 takes a free one.", pattern=r"^.+:[0-9]{1,5}$")
    ] = DEFAULT_LISTEN
    public_url: Annotated[
        str,
        Meta(
            description="Address that the catalogue tells clients; empty: where it listens, by `https://` with "
            "`tls.certificate` and else by `http://`."
        ),
    ] = ""
    tls: Tls = Tls()
    data: Annotated[str, Meta(min_length=1, description="Folder of the database, images, keys and clouds.yaml.")] = (
        msgspec.field(default_factory=default_data)
    )
    database: Annotated[
        str,
        Meta(
            description=(
                "`postgresql://USER@HOST/NAME` of a PostgreSQL, with the parameters of libpq (`?sslmode=verify-full&"
                "sslrootcert=FILE`, `sslcert`, `sslkey`, `passfile`); docs/howto/postgresql.md. Empty: the file "
                "`berthline.db` in the data folder."
            )
        ),
    ] = ""
    database_password_file: Annotated[
        str, Meta(description="File that holds that user's password, which is better there than in `database`.")
    ] = ""
    region: Annotated[str, Meta(min_length=1, description="Name of the region in the catalogue.")] = "RegionOne"
    dataplane: Dataplane = Dataplane()
    network: Network = Network()
    hypervisors: tuple[HypervisorHost, ...] = ()
    guests: Guests = Guests()
    simulated: Simulated = Simulated()
    overcommit: Overcommit = Overcommit()
    migration: Migration = Migration()
    loss: Loss = Loss()
    tokens: Tokens = Tokens()
    images: Images = Images()
    consoles: Consoles = Consoles()
    limits: Limits = Limits()
    http: Http = Http()
    timeouts: Timeouts = Timeouts()
    shelving: Shelving = Shelving()
    retention: Retention = Retention()
    log: Log = Log()

    def __repr__(self) -> str:
        database = without_password(self.database) if self.database else ""
        return f"Settings(listen={self.listen!r}, data={self.data!r}, database={database!r}, ...)"

    @property
    def data_path(self) -> Path:
        """``data`` as an absolute path."""
        return Path(self.data).expanduser().absolute()

    @property
    def scheme(self) -> str:
        """By what the APIs are called: https or http."""
        return "https" if self.tls.certificate else "http"

    @property
    def host(self) -> str:
        """The address to listen on; an IPv6 one without its brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The TCP port to listen on."""
        return int(self.listen.rpartition(":")[2])


class Described(NamedTuple):
    """One setting for people: its place in TOML, its environment variable ("" for items of lists), default, words."""

    toml: str
    environment: str
    default: str
    description: str


def every_setting() -> Iterator[Described]:
    """Each setting of the tree, in its order; items of ``[[hypervisors]]`` after their list."""
    yield from _describe(Settings, "", ENVIRONMENT_PREFIX)


def _describe(kind: type[msgspec.Struct], path: str, variable: str) -> Iterator[Described]:
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        nested = struct_of(hint)
        if nested is not None:
            yield from _describe(nested, f"{path}{field.name}.", f"{variable}{field.name.upper()}_")
            continue
        item = item_struct_of(hint)
        if item is not None:
            name = variable + field.name.upper()
            yield Described(
                f"[[{path}{field.name}]]", name, "`[]`", f"{_summary(item)} In the environment: a TOML array."
            )
            yield from _describe(item, f"{path}{field.name}[].", "")
            continue
        metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
        words = " ".join(meta.description for meta in metas if meta.description)
        yield Described(path + field.name, variable + field.name.upper() if variable else "", _default(field), words)


def _summary(kind: type[msgspec.Struct]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is default_data:
        return "`~/.local/share/berthline`"
    if field.default is msgspec.NODEFAULT:
        return "required"
    return f"`{msgspec.json.encode(field.default).decode()}`"


def struct_of(hint: Any) -> type[msgspec.Struct] | None:
    """The Struct that a field's type is, if it is one."""
    return hint if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else None


def item_struct_of(hint: Any) -> type[msgspec.Struct] | None:
    """The Struct that a field's type is a tuple of, if it is one."""
    if typing.get_origin(hint) is tuple:
        return struct_of(typing.get_args(hint)[0])
    return None
