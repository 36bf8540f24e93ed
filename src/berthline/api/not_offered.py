"""What OpenStack's APIs have and this cloud does not: said in words, where a bare 404 reads as if a thing were missing.

One table of families, each with the paths it lives at. A request that no route answers is looked up here by
``api.errors``; docs/reference/not-offered.md is written from the same table, and tests hold it against the routes that
there are and against lists of OpenStack's own.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

ANY: Final = "{}"
"""A part of a path that may be anything: an id."""


class Family(NamedTuple):
    """One thing that is not here. ``what`` is a plural, or uncountable with ``one``; paths follow the API's version."""

    what: str
    paths: tuple[str, ...]
    one: bool = False

    def words(self) -> str:
        """The sentence that an error says."""
        return f"{self.what[0].upper()}{self.what[1:]} {'is' if self.one else 'are'} not offered by this cloud."


class Api(NamedTuple):
    """The table of one API; ``prefix`` is where its paths begin."""

    name: str
    prefix: str
    families: tuple[Family, ...]


IDENTITY: Final = Api(
    "Identity",
    "/identity/v3",
    (
        Family("tokens for EC2 and S3 signatures", ("ec2tokens", "s3tokens")),
        Family("trusts", ("OS-TRUST",)),
        Family("federation", ("OS-FEDERATION", "auth/OS-FEDERATION"), one=True),
        Family("OAuth 1 and its users' authorizations", ("OS-OAUTH1", "users/{}/OS-OAUTH1")),
        Family("OAuth 2", ("OS-OAUTH2",), one=True),
        Family("endpoint filters", ("OS-EP-FILTER",)),
        Family("policies of endpoints", ("policies/{}/OS-ENDPOINT-POLICY", "endpoints/{}/OS-ENDPOINT-POLICY")),
        Family("revocation events", ("OS-REVOKE", "auth/tokens/OS-PKI")),
        Family("certificates of Keystone", ("OS-SIMPLE-CERT",)),
        Family("unified limits", ("limits", "registered_limits")),
        Family("settings of domains", ("domains/config", "domains/{}/config")),
    ),
)

IMAGE: Final = Api(
    "Image",
    "/image/v2",
    (
        Family("metadata definitions", ("metadefs", "schemas/metadefs")),
        Family("stores to delete from", ("stores",)),
        Family("usage by quota", ("info/usage",), one=True),
        Family("locations of images", ("images/{}/locations",)),
        Family("the cache of images", ("cache", "cached_images", "queued_images"), one=True),
    ),
)

NETWORK: Final = Api(
    "Network",
    "/network/v2.0",
    (
        Family("takeovers of subnets by a pool", ("subnetpools/{}/onboard_network_subnets",)),
        Family("trunks", ("trunks",)),
        Family("QoS policies", ("qos", "policies", "alias_bandwidth_limit_rules", "alias_dscp_marking_rules")),
        Family("QoS rules by alias", ("alias_minimum_bandwidth_rules", "alias_minimum_packet_rate_rules")),
        Family("segments", ("segments", "network_segment_ranges")),
        Family("agents", ("agents", "networks/{}/dhcp-agents", "routers/{}/l3-agents")),
        Family("flavors of network services", ("flavors", "service_profiles")),
        Family("metering", ("metering",), one=True),
        Family("logs of packets", ("log",)),
        Family("default security group rules to choose", ("default-security-group-rules",)),
        Family("pools of floating IPs", ("floatingip_pools",)),
        Family("port forwardings", ("floatingips/{}/port_forwardings",)),
        Family("conntrack helpers", ("routers/{}/conntrack_helpers",)),
        Family(
            "several gateways of a router",
            (
                "routers/{}/add_external_gateways",
                "routers/{}/update_external_gateways",
                "routers/{}/remove_external_gateways",
            ),
        ),
        Family("NDP proxies", ("ndp_proxies",)),
        Family("local IPs", ("local_ips", "local-ips")),
        Family("several bindings of a port", ("ports/{}/bindings",)),
        Family(
            "changes of single address pairs",
            ("ports/{}/add_allowed_address_pairs", "ports/{}/remove_allowed_address_pairs"),
        ),
        Family("firewalls", ("fwaas", "fw")),
        Family("load balancers", ("lbaas", "lb")),
        Family("VPNs", ("vpn",)),
        Family("BGP", ("bgp-speakers", "bgp-peers", "bgpvpn", "evpn"), one=True),
        Family("service function chains", ("sfc",)),
        Family("tap services", ("taas",)),
    ),
)

COMPUTE: Final = Api(
    "Compute",
    "/compute/v2.1",
    (
        Family("boots from volumes by a path of their own", ("os-volumes_boot",)),
        Family("text consoles of XenServer", ("servers/{}/consoles",)),
        Family("shares", ("servers/{}/shares",)),
    ),
)

APIS: Final[tuple[Api, ...]] = (IDENTITY, IMAGE, NETWORK, COMPUTE)


def words(path: str) -> str | None:
    """What is to be said of a path that no route answers; None when no API of OpenStack has it either.

    The family with the longest matching beginning of the path is the one that is meant.
    """
    parts = [part for part in path.split("/") if part]
    best: tuple[int, Family] | None = None
    for api in APIS:
        before = api.prefix.split("/")[1:]
        if parts[: len(before)] == before:
            for family, template in _templates(api):
                if _begins(parts[len(before) :], template) and (best is None or len(template) > best[0]):
                    best = len(template), family
    return best[1].words() if best else None


def _templates(api: Api) -> Iterator[tuple[Family, Sequence[str]]]:
    for family in api.families:
        for path in family.paths:
            yield family, path.split("/")


def _begins(parts: Sequence[str], template: Sequence[str]) -> bool:
    return len(parts) >= len(template) and all(
        wanted in (ANY, part) for part, wanted in zip(parts, template, strict=False)
    )
