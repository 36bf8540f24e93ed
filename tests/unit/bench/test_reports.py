"""What the benchmark says of its numbers: medians, what takes the place of what, ratios, profiles."""

from pathlib import Path

from bench import page, profiling
from bench.results import Recorder, Results, load, save
from bench.scale.table import table
from bench.targets import Target


def recorded(endpoint: str, *values: float, quantity: str = "p50 ms") -> Results:
    recorder = Recorder(endpoint)
    for value in values:
        recorder.add("GET port", "1 client", quantity, value)
    return recorder.results()


def test_results_are_kept_round_by_round(tmp_path: Path) -> None:
    kept = recorded("berthline", 3, 1, 2)
    save(tmp_path / "results.json", kept)
    series = load(tmp_path / "results.json").find("GET port", "1 client", "p50 ms")
    assert series is not None
    assert (series.median, series.spread, series.values) == (2, (1, 3), (3, 1, 2))


def test_what_is_measured_again_takes_the_place_of_what_was() -> None:
    both = recorded("berthline", 1).merged(recorded("openstack", 88)).merged(recorded("berthline", 2))
    assert {series.endpoint: series.values for series in both.series} == {"berthline": (2,), "openstack": (88,)}


def test_a_target_is_a_bound_on_one_side() -> None:
    least = Target("ports", "32 clients", "requests/s", "at least", 2000, "")
    most = Target("ports", "1 client", "p50 ms", "at most", 1, "")
    assert [least.met(2000), least.met(1999), most.met(1), most.met(1.1)] == [True, False, True, False]


def test_a_ratio_is_how_many_times_better_whichever_way_better_is() -> None:
    latency = recorded("berthline", 2).merged(recorded("openstack", 200))
    rate = recorded("berthline", 3000, quantity="requests/s").merged(recorded("openstack", 10, quantity="requests/s"))
    assert page.ratios(latency).splitlines()[-1].endswith("| 100.0 |")
    assert page.ratios(rate).splitlines()[-1].endswith("| 300.0 |")


def test_layouts_stand_beside_the_first_of_them() -> None:
    recorder = Recorder()
    for layout, rate in (("SQLite, up", 2000), ("SQLite, 2 api and worker", 1900), ("PostgreSQL, up", 500)):
        recorder.add("scale, POST port", f"{layout}, 32 clients, 1 project", "requests/s", rate)
    head, _, row = table(recorder.results()).splitlines()[-3:]
    assert head == "| Work | Under | Quantity | SQLite, up | SQLite, 2 api and worker | PostgreSQL, up |"
    assert row.startswith("| POST port | 32 clients, 1 project | requests/s | **2,000** | **1,900** (0.95) |")
    assert table(Results()) == ""


def test_a_profile_tells_threads_libraries_and_functions() -> None:
    raw = (
        'thread (7): "store-writer";write (berthline/store/ports.py:9);execute (sqlalchemy/engine/base.py:3) 30\n'
        'thread (1): "MainThread";run (asyncio/base_events.py:1);answer (berthline/api/app.py:5) 10\n'
    )
    said = profiling.summary(profiling.read_stacks(raw), "picture.svg")
    assert "| store-writer | 75.0 |" in said
    assert "| sqlalchemy | 75.0 |" in said
    assert "| `store/ports.py` write | 75.0 |" in said
    assert "| `api/app.py` answer | 25.0 |" in said
