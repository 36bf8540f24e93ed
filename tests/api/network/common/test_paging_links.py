"""Links between the pages of a list, as Neutron gives them: each page has one back, also the first and an empty one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.network.common.nouns import NOUNS, made_in_bulk, path_of, three_bodies
from tests.api.network.conftest import Api


def links_of(body: dict[str, Any], noun: str) -> dict[str, dict[str, list[str]]]:
    """The queries of the links, by relation."""
    return {each["rel"]: parse_qs(urlsplit(each["href"]).query) for each in body.get(f"{noun}s_links", [])}


@pytest.mark.parametrize("noun", NOUNS)
async def test_every_page_has_its_links(red: Api, admin: Api, noun: str) -> None:
    made = await made_in_bulk(red, noun, await three_bodies(noun, red, admin))
    chosen: dict[str, Any] = {"id": [each["id"] for each in made], "sort_key": "id"}
    ids = sorted(chosen["id"])
    path = path_of(noun)
    same = {"id": chosen["id"], "sort_key": ["id"], "limit": ["2"]}

    first = await red.fetch(path, limit=2, **chosen)
    assert [each["id"] for each in first[f"{noun}s"]] == ids[:2]
    assert links_of(first, noun) == {
        "next": {**same, "marker": [ids[1]]},
        "previous": {**same, "marker": [ids[0]], "page_reverse": ["True"]},
    }
    last = await red.fetch(path, limit=2, marker=ids[1], **chosen)
    assert [each["id"] for each in last[f"{noun}s"]] == ids[2:]
    assert links_of(last, noun) == {"previous": {**same, "marker": [ids[2]], "page_reverse": ["True"]}}
    behind = await red.fetch(path, limit=2, marker=ids[2], **chosen)
    assert behind[f"{noun}s"] == []
    assert links_of(behind, noun) == {"previous": {**same, "page_reverse": ["True"]}}
    (href,) = (each["href"] for each in behind[f"{noun}s_links"])
    back = (await red.client.get(href)).json()
    assert [each["id"] for each in back[f"{noun}s"]] == ids[1:]
    assert links_of(back, noun) == {
        "next": {**same, "marker": [ids[2]]},
        "previous": {**same, "marker": [ids[1]], "page_reverse": ["True"]},
    }
    short = await red.fetch(path, limit=2, marker=ids[1], page_reverse="True", **chosen)
    assert [each["id"] for each in short[f"{noun}s"]] == ids[:1]
    assert links_of(short, noun) == {"next": {**same, "marker": [ids[0]]}}, "a short page in reverse is the first one"
    before = await red.fetch(path, limit=2, marker=ids[0], page_reverse="True", **chosen)
    assert before[f"{noun}s"] == []
    assert links_of(before, noun) == {"next": same}


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_list_without_a_limit_has_no_links(red: Api, noun: str) -> None:
    assert f"{noun}s_links" not in await red.fetch(path_of(noun))
    assert f"{noun}s_links" not in await red.fetch(path_of(noun), limit=0)


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_walk_in_pages_is_the_list_whatever_it_is_sorted_by(red: Api, admin: Api, noun: str) -> None:
    made = await made_in_bulk(red, noun, await three_bodies(noun, red, admin))
    path, ids = path_of(noun), [each["id"] for each in made]
    _, _, words = await red.refused("GET", f"{path}?sort_key=nothing")
    keys = words.partition("choose one of ")[2].rstrip(".").split(", ")
    assert {"created_at", "id"} <= set(keys)
    for key in keys:
        for direction in ("asc", "desc"):
            order = {"id": ids, "sort_key": key, "sort_dir": direction}
            whole = [each["id"] for each in (await red.fetch(path, **order))[f"{noun}s"]]
            walked: list[str] = []
            for _ in ids:
                page = await red.fetch(path, limit=1, **order, **({"marker": walked[-1]} if walked else {}))
                walked += [each["id"] for each in page[f"{noun}s"]]
            assert walked == whole, (key, direction)
            assert sorted(walked) == sorted(ids)
