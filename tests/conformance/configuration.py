"""tempest.conf for one run: the cloud's ids and addresses, and what it offers."""

import configparser
import tomllib
from pathlib import Path

from tests.conformance.cloud import HOSTS, Prepared

OFFERED = Path(__file__).parent / "offered.toml"


def offered() -> dict[str, dict[str, str]]:
    """The sections of offered.toml, their values as tempest.conf spells them."""
    sections = tomllib.loads(OFFERED.read_text(encoding="utf-8"))
    return {section: {name: _spelled(value) for name, value in lines.items()} for section, lines in sections.items()}


def write(path: Path, cloud: Prepared) -> None:
    """Write tempest.conf. What Tempest keeps for the run (its log, its locks) comes into the file's folder."""
    sections = offered()
    for section, lines in _of(cloud, path.parent).items():
        sections.setdefault(section, {}).update(lines)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(sections)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of(cloud: Prepared, folder: Path) -> dict[str, dict[str, str]]:
    return {
        "DEFAULT": {"log_file": str(folder / "tempest.log"), "debug": "true"},
        "oslo_concurrency": {"lock_path": str(folder / "locks")},
        "auth": {
            "use_dynamic_credentials": "true",
            "create_isolated_networks": "true",
            "admin_username": "admin",
            "admin_password": cloud.password,
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
            "default_credentials_domain_name": "Default",
            "tempest_roles": "member",
        },
        "identity": {
            "uri_v3": f"{cloud.url}/identity/v3",
            "auth_version": "v3",
            "region": "RegionOne",
            "v3_endpoint_type": "public",
            "default_domain_id": "default",
        },
        "service_available": {
            **dict.fromkeys(("glance", "nova", "neutron"), "true"),
            **dict.fromkeys(("cinder", "swift", "horizon"), "false"),
        },
        "image": {"http_image": f"{cloud.url}/none", "container_formats": "bare", "disk_formats": "raw"},
        "compute": {
            "image_ref": cloud.images[0],
            "image_ref_alt": cloud.images[1],
            "flavor_ref": cloud.flavors[0],
            "flavor_ref_alt": cloud.flavors[1],
            "min_compute_nodes": str(HOSTS),
            "min_microversion": "2.1",
            "max_microversion": cloud.newest,
            "build_timeout": "60",
            "build_interval": "1",
            "shelved_offload_time": "0",
        },
        "network": {
            "public_network_id": cloud.public_network,
            "floating_network_name": "public",
            "project_network_cidr": "10.100.0.0/16",
            "project_network_mask_bits": "28",
            "project_networks_reachable": "false",
            "build_timeout": "60",
            "build_interval": "1",
        },
        "network-feature-enabled": {"api_extensions": ",".join(cloud.extensions)},
        "validation": {"run_validation": "false", "connect_method": "floating", "auth_method": "keypair"},
    }
