"""What headers and queries ask for: microversions and parts of lists."""

from typing import Any

import pytest
from litestar import Request
from litestar.datastructures import State

from berthline.api.body import decode
from berthline.api.frame import ApiRequest
from berthline.api.listing import Sort, choose_fields, next_path, parse_boolean, parse_filters, parse_page
from berthline.api.microversion import MAXIMUM, MINIMUM, microversion_headers, requested_microversion
from berthline.domain.errors import BadRequest, NotAcceptable


def request(query: str = "", **headers: str) -> ApiRequest:
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/network/v2.0/ports",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    made: Request[Any, Any, State] = Request(scope)
    return made


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, "2.1"),
        ({"openstack_api_version": "compute 2.53"}, "2.53"),
        ({"openstack_api_version": "network 9.9, compute 2.60"}, "2.60"),
        ({"openstack_api_version": "identity 3.0"}, "2.1"),
        ({"openstack_api_version": "Compute LATEST"}, "2.104"),
        ({"x_openstack_nova_api_version": "2.37"}, "2.37"),
        ({"x_openstack_nova_api_version": "2.37", "openstack_api_version": "compute 2.40"}, "2.40"),
        ({"openstack_api_version": "compute 2.1"}, "2.1"),
        ({"openstack_api_version": "compute 2.104"}, "2.104"),
    ],
)
def test_the_microversion_that_is_asked_for(headers: dict[str, str], version: str) -> None:
    assert str(requested_microversion(request(**headers))) == version


@pytest.mark.parametrize("version", ["2.0", "2.105", "3.1", "1.9999", "9.0"])
def test_a_microversion_out_of_range_is_not_acceptable(version: str) -> None:
    with pytest.raises(NotAcceptable, match=r"Minimum is 2\.1 and maximum is 2\.104"):
        requested_microversion(request(openstack_api_version=f"compute {version}"))


@pytest.mark.parametrize("version", ["", "two", "2", "2.1.1", "2.x", "02.1", "-2.1", "2.\u0661", "2." + "1" * 5000])
def test_what_is_no_microversion_is_a_bad_request(version: str) -> None:
    with pytest.raises(BadRequest):
        requested_microversion(request(openstack_api_version=f"compute {version}"))


def test_the_lowest_and_the_highest_are_compared_as_numbers() -> None:
    assert MINIMUM < requested_microversion(request(openstack_api_version="compute 2.9")) < MAXIMUM


def test_an_answer_says_its_microversion_and_that_it_varies() -> None:
    headers = microversion_headers(MAXIMUM)
    assert headers["OpenStack-API-Version"] == "compute 2.104"
    assert headers["X-OpenStack-Nova-API-Version"] == "2.104"
    assert "OpenStack-API-Version" in headers["Vary"]


def test_a_page_is_read_in_neutrons_words() -> None:
    query = (
        "limit=5&marker=m&sort_key=name&sort_key=id&sort_dir=desc&sort_dir=asc&fields=id&fields=name&page_reverse=True"
    )
    page = parse_page(request(query), sortable={"id", "name"})
    assert (page.limit, page.marker, page.reverse) == (5, "m", True)
    assert page.sort == (Sort("name", "desc"), Sort("id", "asc"))
    assert page.fields == {"id", "name"}


def test_one_direction_holds_for_all_keys_and_none_means_the_default() -> None:
    assert parse_page(request("sort_key=a&sort_key=b&sort_dir=desc"), sortable={"a", "b"}).sort == (
        Sort("a", "desc"),
        Sort("b", "desc"),
    )
    assert parse_page(request("sort_key=a"), sortable={"a"}, default_direction="desc").sort == (Sort("a", "desc"),)


def test_a_limit_is_cut_to_the_most() -> None:
    assert parse_page(request("limit=5000"), sortable=(), max_limit=1000).limit == 1000
    assert parse_page(request("limit=0"), sortable=()).limit == 0
    assert parse_page(request(""), sortable=()).limit is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=1e3",
        "limit=%20",
        "limit=" + "9" * 19,
        "sort_key=b",
        "sort_key=a&sort_dir=up",
        "sort_key=a&sort_dir=asc&sort_dir=asc",
        "sort=a:up",
    ],
)
def test_a_bad_page_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        parse_page(request(query), sortable={"a"})


def test_filters_are_what_is_left() -> None:
    asked = request("limit=1&name=a&name=b&sort_key=id")
    assert parse_filters(asked, {"name"}) == {"name": ("a", "b")}
    with pytest.raises(BadRequest, match="unknown query parameter name"):
        parse_filters(asked, {"status"})
    assert parse_filters(asked, {"status"}, ignore_unknown=True) == {}


def test_the_link_to_the_next_part_keeps_the_query() -> None:
    assert next_path(request("limit=2&marker=old&name=a%26b"), "new", 2) == (
        "/network/v2.0/ports?name=a%26b&limit=2&marker=new"
    )


def test_fields_cut_a_view() -> None:
    assert choose_fields({"id": 1, "name": 2}, frozenset({"id"})) == {"id": 1}
    assert choose_fields({"id": 1, "name": 2}, frozenset()) == {"id": 1, "name": 2}


@pytest.mark.parametrize(("text", "value"), [("True", True), ("1", True), ("off", False), ("No", False)])
def test_booleans(text: str, value: bool) -> None:
    assert parse_boolean(text) is value


@pytest.mark.parametrize("text", ["", "2", "perhaps"])
def test_what_is_no_boolean_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_boolean(text)


LARGE = ["9" * 5000, "-" + "9" * 5000, "1e999", "-1e999", "1e300", "1E19", "9" * 19, str(2**63), str(-(2**63) - 1)]


@pytest.mark.parametrize("number", [*LARGE, "NaN", "Infinity", "-Infinity", "1e", "01"])
@pytest.mark.parametrize("body", ["%s", '{"a": %s}', '{"a": [{"b": [0, %s]}]}', '{"a": "%s", "b": %s}'])
def test_a_number_that_nothing_holds_is_refused_wherever_it_stands(number: str, body: str) -> None:
    with pytest.raises(BadRequest, match="body"):
        decode(body.replace("%s", number).encode(), Any)


@pytest.mark.parametrize("text", [str(2**63 - 1), "1e18", "0." + "1" * 40, '"' + "9" * 5000 + '"', '"1e999"'])
def test_large_numbers_that_can_be_kept_and_text_are_read(text: str) -> None:
    assert decode(f'{{"a": {text}}}'.encode(), dict[str, Any])["a"] is not None
