"""The demonstration, from an empty folder to a closed port that opens."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from berthline.cli import background, doctor, waterfall
from berthline.cli.client import Client, open_cloud
from berthline.cli.demo import guest, host, plan, resources, screen, snapshot
from berthline.cli.demo.outside import External
from berthline.cli.demo.progress import Progress
from berthline.cli.errors import CommandFailed
from berthline.cli.things import Thing


class Made(msgspec.Struct, frozen=True):
    """What the second half of the demonstration needs of the first."""

    servers: tuple[resources.Server, ...]
    ports: tuple[resources.Port, ...]
    floating_ip: resources.FloatingIp
    group: resources.Group
    flavor: Thing
    network: Thing


def run(folder: plan.DemoFolder, progress: Progress, simulated: int | None) -> None:
    """Do all of it. Raises CommandFailed or LocalHostError with the reason when a step cannot be done."""
    if folder.path.exists() and any(folder.path.iterdir()) and not folder.mark.exists():
        raise CommandFailed(f"{folder.path} has other things in it: name an empty folder by --data")
    external = host.mark(folder, simulated=simulated is not None)
    if simulated is not None:
        progress.say("On simulated hosts: everything is real but the guests, so nobody can log in to one.")
    with ThreadPoolExecutor(1) as side:
        image = side.submit(host.simulated_image if simulated is not None else host.tiny_image, folder)
        address = _stand_up(folder, external, progress, simulated)
        with (
            open_cloud(folder.data.clouds, USER_CLOUD) as user,
            open_cloud(folder.data.clouds, ADMIN_CLOUD) as admin,
        ):
            made = _make(user, admin, folder, image, external, progress, simulated)
            if simulated is not None:
                _tell_simulated(user, admin, made, progress)
                _copy(user, made, progress, None)
            else:
                _copy(user, made, progress, _use_guests(user, made, folder, progress))
            console = _look_at_screen(user, made, progress)
            _waterfalls(admin, made, progress)
            _summary(made, folder, address, console, progress, simulated)


def _stand_up(folder: plan.DemoFolder, external: External, progress: Progress, simulated: int | None) -> str:
    endpoints = None
    if simulated is None:
        with progress.step("Start OVN and libvirt") as note:
            endpoints = host.local_host(folder, external).start()
            note.result = f"private to this demonstration, in namespace {endpoints.network_namespace}"
    with progress.step("Start Berthline") as note:
        host.write_settings(folder, endpoints, simulated)
        address = background.start(folder.data)
        note.result = address
    return address


def _make(
    user: Client,
    admin: Client,
    folder: plan.DemoFolder,
    image_file: "Future[Path]",
    outer: External,
    progress: Progress,
    simulated: int | None,
) -> Made:
    with progress.step("Flavor and keypair") as note:
        flavor = resources.ensure_flavor(admin)
        key = guest.make_key(folder.key) if simulated is None else guest.keyless_public_key()
        resources.ensure_keypair(user, key)
        size = plan.FLAVOR_SIZE
        note.result = f"{size['vcpus']} CPU, {size['ram']} MiB, {size['disk']} GiB; " + " ".join(key.split()[::2])
    with progress.step("Network, two subnets") as note:
        network = resources.ensure_network(user)
        note.result = f"{plan.CIDR_V4} and {plan.CIDR_V6}"
    with progress.step("Router to outside") as note:
        external = resources.ensure_external(admin, outer)
        resources.ensure_router(user, external)
        note.result = f"external network {outer.network}, flat on {plan.PHYSICAL_NETWORK}"
    with progress.step("Security group") as note:
        group = resources.ensure_group(user)
        note.result = "ping and ssh may come in"
    with progress.step("Upload the image") as note:
        note.now("building the guest image")
        file = image_file.result()
        note.now(str(file))
        image = resources.ensure_image(user, file, "raw" if simulated is not None else "qcow2")
        note.result = f"{file.stat().st_size / 2**20:.1f} MiB, {image.status}"
    with progress.step("Boot two servers") as note:
        if old := resources.remove_servers(user):
            note.now(f"removed {old} of an earlier run")
        # One asks the metadata service who it is, the other reads its config drive.
        asked = [
            resources.create_server(user, name, image, flavor, network, group, config_drive=name != plan.SERVERS[0])
            for name in plan.SERVERS
        ]
        servers = tuple(resources.wait_active(user, one, note.now) for one in asked)
        ports = tuple(resources.port_of(user, server) for server in servers)
        note.result = ", ".join(f"{s.name} {p.ipv4} {p.ipv6}" for s, p in zip(servers, ports, strict=True))
    with progress.step("Floating IP") as note:
        floating_ip = resources.ensure_floating_ip(user, external, ports[0])
        note.result = f"{floating_ip.floating_ip_address} leads to {servers[0].name}"
    return Made(servers, ports, floating_ip, group, flavor, network)


def _use_guests(user: Client, made: Made, folder: plan.DemoFolder, progress: Progress) -> guest.Guest:
    """Log in to the first server, and look at the other one and at the outside from there."""
    address = made.floating_ip.floating_ip_address
    folder.known_hosts.unlink(missing_ok=True)
    first = guest.Guest(address, folder)
    with progress.step("Log in by ssh") as note:
        name = first.log_in()
        if name != made.servers[0].name:
            raise CommandFailed(f"{address} leads to {name}, not to {made.servers[0].name}")
        note.result = f"root@{address} says it is {name}"
    with progress.step("Ping the second from the first") as note:
        note.result = f"{made.ports[1].ipv4}: {first.ping(made.ports[1].ipv4)}"
    with progress.step("A port that is not allowed") as note:
        _show_closed(first, address)
        note.result = f"tcp/{plan.HTTP_PORT} is closed from outside; ssh works, and the web server answers inside"
    with progress.step("The port once it is allowed") as note:
        resources.allow(user, made.group, "IPv4", "tcp", plan.HTTP_PORT)
        resources.wait_until(lambda: guest.opens(address, plan.HTTP_PORT), f"tcp/{plan.HTTP_PORT} to open", 30.0)
        if made.servers[0].name not in guest.page(address, plan.HTTP_PORT):
            raise CommandFailed(f"http://{address}/ is not the page of {made.servers[0].name}")
        note.result = f"http://{address}/ is the page of {made.servers[0].name}"
    return first


def _copy(user: Client, made: Made, progress: Progress, first: guest.Guest | None) -> None:
    """A snapshot of the first server while it runs, and one more server of that, which has what the first wrote."""
    said = f"written by {made.servers[0].name}"
    if first is not None:
        first.write(said, snapshot.NOTE)
    with progress.step("A snapshot of the first") as note:
        image = snapshot.take(user, made.servers[0], note.now)
        note.result = f"image {plan.SNAPSHOT}, while {made.servers[0].name} runs"
    with progress.step("A server from the snapshot") as note:
        fields = snapshot.publishing() | {"config_drive": True}
        asked = resources.create_server(user, plan.COPY, image, made.flavor, made.network, made.group, **fields)
        server = resources.wait_active(user, asked, note.now)
        address = resources.port_of(user, server).ipv4
        note.result = f"{server.name} {address}"
        if first is not None:
            note.result += f" shows what the first wrote on its disk: {first.fetch(address, snapshot.PAGE, said)}"


def _show_closed(first: guest.Guest, address: str) -> None:
    """The port is closed, and a missing rule is why: the server behind it answers, and ssh beside it."""
    inside = first.run("wget", "-q", "-O", "-", "http://127.0.0.1/")
    if inside.returncode != 0:
        raise CommandFailed(f"no web server answers within the guest: {inside.stderr.strip()}")
    if guest.opens(address, plan.HTTP_PORT):
        raise CommandFailed(f"tcp/{plan.HTTP_PORT} of {address} is open although no rule allows it")
    if not guest.opens(address, plan.SSH_PORT) or first.run("true").returncode != 0:
        raise CommandFailed(f"ssh to {address} stopped working, so that a closed port shows nothing")


def _tell_simulated(user: Client, admin: Client, made: Made, progress: Progress) -> None:
    progress.say("Not shown, as no guest exists: ssh, ping, a blocked port. What the APIs say instead:")
    for server, port in zip(made.servers, made.ports, strict=True):
        now = resources.port_of(user, server)
        if now.status != "ACTIVE":
            raise CommandFailed(f"port {port.id} of {server.name} is {now.status}, not ACTIVE")
        progress.say(
            f"  {server.name} is {server.status}; its port {now.id} is {now.status} with {now.ipv4} {now.ipv6}"
        )
    with progress.step("The rule for tcp/80") as note:
        resources.allow(user, made.group, "IPv4", "tcp", plan.HTTP_PORT)
        note.result = "added"
    if leaked := doctor.leaks(admin):
        raise CommandFailed(
            f"the cloud found {len(leaked)} leaks: {leaked[0].kind} {leaked[0].object_id}: {leaked[0].why}"
        )
    progress.say("  the store, the simulated data plane and the simulated hosts agree: 0 leaks")


def _look_at_screen(user: Client, made: Made, progress: Progress) -> str:
    """The first server's screen comes through a console's URL; gives back another one, as each opens it once."""
    server = made.servers[0]
    with progress.step("The server's screen") as note:
        width, height, bright = screen.look(screen.url_of(user, server.id))
        if not bright:
            raise CommandFailed(f"the screen of {server.name} is {width}×{height} and shows nothing")
        note.result = f"{width}×{height} with text on it, by a WebSocket of the API"
    return screen.url_of(user, server.id)


def _waterfalls(admin: Client, made: Made, progress: Progress) -> None:
    for server in made.servers:
        boot = waterfall.of_server(admin, server.id)
        progress.say()
        progress.say(f"{server.name}: from POST /servers to ACTIVE in {boot.total_ms:.0f} ms")
        for line in waterfall.lines(boot):
            progress.say(line)
        progress.say(waterfall.unaccounted(boot))


def _summary(
    made: Made, folder: plan.DemoFolder, address: str, console: str, progress: Progress, simulated: int | None
) -> None:
    progress.say()
    progress.say(f"Done in {progress.seconds:.1f} s. The cloud runs on at {address}.")
    progress.say(f"  clients   OS_CLIENT_CONFIG_FILE={folder.data.clouds} OS_CLOUD={USER_CLOUD} openstack server list")
    if simulated is None:
        ssh = f"ssh -i {folder.key} -o UserKnownHostsFile={folder.known_hosts}"
        progress.say(f"  log in    {ssh} root@{made.floating_ip.floating_ip_address}")
    progress.say(f"  console   {console} (once, within ten minutes)")
    progress.say(f"  sagas     berthline saga list --data {folder.path}")
    progress.say(f"  leaks     berthline doctor --data {folder.path}")
    usual = folder == plan.default_folder(simulated=simulated is not None)
    progress.say("  remove    scripts/demo --clean" + ("" if usual else f" --data {folder.path}"))
