"""What is read of a pipeline file, and what is said of a bad one."""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import DAGS
from pipeline_dag.declaration import PipelineFileError, read_declaration

SMALL = "[sources.s]\npath = '*.csv'\n[tasks.one]\nfrom = 's'\n"


def problems(pipeline_file, text: str, name: str = "some") -> list[str]:
    file = pipeline_file(text, name)
    with pytest.raises(PipelineFileError) as raised:
        read_declaration(file)
    return [line.removeprefix(f"{file}: ") for line in str(raised.value).splitlines()]


def test_the_drugs_pipeline_is_read_whole():
    drugs = read_declaration(DAGS / "drugs.toml")
    assert (drugs.name, drugs.schedule, drugs.retries) == ("drugs", "0 4 * * *", 2)
    assert (drugs.retry_delay, drugs.timeout) == (timedelta(seconds=30), timedelta(minutes=30))
    assert (drugs.catchup, drugs.max_active_runs, drugs.tags) == (False, 1, ("pharma", "graph"))
    assert [(task.name, task.kind, task.upstream) for task in drugs.tasks] == [
        ("check", "check", ()),
        ("graph", "mentions", ("check",)),
        ("publish", "publish", ("graph",)),
    ]
    assert drugs.sources["pubmed"] == ("pubmed*.csv", "pubmed*.json", "pubmed*.ndjson", "pubmed*.xml")
    assert drugs.longest_run() == 3 * timedelta(minutes=91)


def test_a_file_that_says_little_gets_the_defaults(pipeline_file):
    small = read_declaration(pipeline_file(SMALL))
    assert (small.schedule, small.retries, small.timeout) == (None, 0, timedelta(hours=1))
    assert (small.start, small.tags, small.description) == (datetime(2025, 1, 1, tzinfo=UTC), (), "")


@pytest.mark.parametrize("day", ["2026-02-03", "'2026-02-03'"])
def test_a_start_date_is_a_date_or_its_text(pipeline_file, day):
    small = read_declaration(pipeline_file(f"start_date = {day}\ncatchup = true\n{SMALL}"))
    assert (small.start, small.catchup) == (datetime(2026, 2, 3, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("text", "duration"),
    [("45s", timedelta(seconds=45)), ("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("1d", timedelta(1))],
)
def test_durations(pipeline_file, text, duration):
    assert read_declaration(pipeline_file(f"timeout = '{text}'\n{SMALL}")).timeout == duration


def test_tasks_come_in_the_order_in_which_they_run(pipeline_file):
    text = "[sources.s]\npath='x'\n[tasks.z]\nafter=['b', 'c']\n[tasks.b]\nfrom='a'\n[tasks.c]\nfrom=['a','s']\n"
    found = read_declaration(pipeline_file(text + "[tasks.a]\nfrom='s'\n"))
    upstream = {task.name: task.upstream for task in found.tasks}
    assert upstream == {"a": (), "b": ("a",), "c": ("a",), "z": ("b", "c")}
    assert next(task.name for task in found.tasks) == "a"
    assert [task.name for task in found.tasks][-1] == "z"


def test_the_gold_tables_of_the_trades_wait_for_bronze_alone():
    trades = read_declaration(DAGS / "trades.toml")
    upstream = {task.name: task.upstream for task in trades.tasks}
    gold = dict.fromkeys(("average", "top_volume", "anomalies"), ("bronze",))
    assert upstream == {"bronze": (), **gold}
    assert {task.name: task.kind for task in trades.tasks}["bronze"] == "copy"
    assert {task.name: task.kind for task in trades.tasks}["average"] == "SQL"


def test_neither_of_annotate_and_tag_waits_for_the_other():
    upstream = {task.name: task.upstream for task in read_declaration(DAGS / "transactions.toml").tasks}
    assert (upstream["annotate"], upstream["tag"]) == (("loaded",), ("loaded",))
    assert {"annotate", "tag"} <= set(upstream["output"])


def test_the_configuration_is_caught_up_day_by_day():
    configuration = read_declaration(DAGS / "configuration.toml")
    assert (configuration.schedule, configuration.catchup) == ("0 3 * * *", False)
    assert configuration.start == datetime(2019, 4, 1, tzinfo=UTC)


def test_the_fallback_stands_behind_every_task():
    *others, fallback = read_declaration(DAGS / "listings.toml").tasks
    assert (fallback.name, fallback.is_fallback) == ("on_failure", True)
    assert fallback.upstream == tuple(task.name for task in others)
    assert not any(task.is_fallback for task in others)


def test_a_message_alone_is_no_task(pipeline_file):
    small = read_declaration(pipeline_file(f"{SMALL}[on_failure]\nwebhook = '{{hook}}'\n"))
    assert [task.name for task in small.tasks] == ["one"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("retries = 'two'", "`retries` must be a whole number, not 'two'"),
        ("retries = true", "`retries` must be a whole number, not True"),
        ("retries = -1", "`retries` must be 0 or more, not -1"),
        ("max_active_runs = 0", "`max_active_runs` must be 1 or more, not 0"),
        ("timeout = '30'", '`timeout` must be a duration such as "30s", "10m", "2h" or "1d", not \'30\''),
        ("timeout = '30st'", '`timeout` must be a duration such as "30s", "10m", "2h" or "1d", not \'30st\''),
        ("retry_delay = 30", "`retry_delay` must be a string, not 30"),
        ("schedule = 4", "`schedule` must be a string, not 4"),
        ("catchup = 1", "`catchup` must be true or false, not 1"),
        ("tags = [1]", "`tags` must be a string or a list of strings, not [1]"),
        ("start_date = '2026-02-30'", "`start_date` must be a date such as 2025-01-01, not '2026-02-30'"),
    ],
)
def test_a_bad_value_is_named_with_its_key(pipeline_file, line, problem):
    assert problems(pipeline_file, f"{line}\n{SMALL}") == [problem]


@pytest.mark.parametrize(
    ("tasks", "problem"),
    [
        ("", "`tasks` must name at least one task"),
        ("[tasks]\na = 1\n", "`tasks.a` must be a table, not 1"),
        ("[tasks.'a b']\n", "`tasks.a b` must be letters, digits, `_` and `-`"),
        ("[tasks.a]\nafter = 'b'\n", "`tasks.a.after` names `b`, which is none of a"),
        ("[tasks.a]\nfrom = 's'\n", "`tasks.a.from` names `s`, which is none of a"),
        ("[tasks.a]\nafter = 'b'\n[tasks.b]\nafter = 'a'\n", "`tasks` wait for one another: "),
        ("[tasks.on_failure]\n", "`tasks.on_failure` has a name that is reserved for `[on_failure]`"),
        ("on_failure = 1\n[tasks.a]\n", "`on_failure` must be a table, not 1"),
        ("[tasks.a]\n[on_failure]\nfrom = 1\n", "`on_failure.from` must be a string or a list of strings, not 1"),
        ("[tasks.a]\nfrom = {}\n", "`tasks.a.from` must be a string or a list of strings, not {}"),
    ],
)
def test_bad_tasks_are_named(pipeline_file, tasks, problem):
    (found,) = problems(pipeline_file, tasks)
    assert found.startswith(problem)


def test_every_problem_is_told_at_once(pipeline_file):
    found = problems(pipeline_file, "retries = 'x'\ntimeout = 'y'\ntags = 3\n[tasks.a]\nafter = 'b'\n")
    assert len(found) == 4


def test_broken_toml_is_told_with_its_place(pipeline_file):
    (found,) = problems(pipeline_file, "retries = 1\nretries = 2\n")
    assert "line 2" in found


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(PipelineFileError, match="absent.toml"):
        read_declaration(tmp_path / "absent.toml")


def test_a_file_name_that_is_no_dag_id_is_told(pipeline_file):
    assert problems(pipeline_file, SMALL, "so me") == ["the file's name must be letters, digits, `_` and `-`"]
