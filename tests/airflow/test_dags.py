"""The DAGs as Airflow takes them."""

import logging
from datetime import UTC, datetime, timedelta

import pendulum
import pytest
from airflow.timetables.base import TimeRestriction
from conftest import DAGS, dag_bag
from markdown_it import MarkdownIt
from pipeline_dag.build import build_dag, report_run, report_task
from pipeline_dag.declaration import PipelineFileError
from pipeline_dag.documents import shown

EVIL = "{{ 1/0 }} {% x %} $(touch x) `y` <script>a()</script> *b* [c](javascript:d) | '; rm -rf \" .md"


@pytest.fixture(scope="module")
def bag():
    return dag_bag(DAGS)


def test_the_folder_loads_without_an_error(bag):
    assert bag.import_errors == {}
    assert set(bag.dag_ids) == {file.stem for file in DAGS.glob("*.toml")}


def test_the_drugs_dag_is_what_the_file_declares(bag):
    drugs = bag.dags["drugs"]
    assert [task.task_id for task in drugs.topological_sort()] == ["check", "graph", "publish"]
    assert drugs.get_task("graph").upstream_task_ids == {"check"}
    assert drugs.get_task("publish").upstream_task_ids == {"graph"}
    assert {"pharma", "graph"} <= set(drugs.tags)
    assert (drugs.catchup, drugs.max_active_runs, drugs.is_paused_upon_creation) == (False, 1, False)
    assert drugs.dagrun_timeout == 3 * timedelta(minutes=91)
    assert drugs.on_failure_callback in (report_run, [report_run])
    assert drugs.description in drugs.doc_md
    for task in drugs.tasks:
        assert (task.retries, task.retry_delay) == (2, timedelta(seconds=30))
        assert task.execution_timeout == timedelta(minutes=30)
        assert task.on_failure_callback in (report_task, [report_task])
        assert task.task_id in task.doc_md
        assert task.owner == "pipeline"


def test_the_dags_of_tables_are_what_their_files_declare(bag):
    trades = bag.dags["trades"]
    assert trades.get_task("bronze").downstream_task_ids == {"average", "top_volume", "anomalies"}
    transactions = bag.dags["transactions"]
    assert transactions.get_task("annotate").upstream_task_ids == {"loaded"}
    assert transactions.get_task("tag").upstream_task_ids == {"loaded"}
    configuration = bag.dags["configuration"]
    assert configuration.start_date == datetime(2019, 4, 1, tzinfo=UTC)
    for name in ("trades", "transactions", "configuration", "listings"):
        for task in bag.dags[name].tasks:
            assert task.trigger_rule == ("one_failed" if task.task_id == "on_failure" else "all_success")


def test_no_dag_floods_a_new_environment_with_runs_of_former_days(bag):
    """DAGs start unpaused: with `catchup` a first upload would start a run for each day since `start_date`."""
    assert [name for name, dag in bag.dags.items() if dag.catchup] == []


def uris(assets) -> list[str]:
    return [asset.uri for asset in assets]


def test_each_table_and_the_output_are_assets_that_others_can_wait_for(bag):
    trades = bag.dags["trades"]
    tables = {task.task_id: uris(task.outlets) for task in trades.tasks}
    assert tables == {name: [f"pipeline://trades/{name}"] for name in ("bronze", "average", "top_volume", "anomalies")}
    drugs = {task.task_id: uris(task.outlets) for task in bag.dags["drugs"].tasks}
    assert drugs == {"check": [], "graph": [], "publish": ["pipeline://drugs/output.json"]}


def test_a_pipeline_runs_after_assets_by_the_clock_or_after_either(pipeline_file):
    def timetable(top: str):
        return build_dag(str(pipeline_file(f"{top}\n[tasks.a]\n").with_suffix(".py"))).timetable

    for top in ("after_asset = 'trades/bronze'", "after_asset = ['trades/bronze', 's3://lake/gold']"):
        assert not getattr(timetable(top), "expression", None)
        assert "Triggered" in type(timetable(top)).__name__
    both = timetable("schedule = '0 4 * * *'\nafter_asset = 'drugs/output.json'")
    assert "OrTimeSchedule" in type(both).__name__
    with pytest.raises(PipelineFileError, match="`after_asset` must name a table"):
        timetable("after_asset = 'bronze'")


def test_the_fallback_runs_when_any_task_has_failed(bag):
    listings = bag.dags["listings"]
    fallback = listings.get_task("on_failure")
    assert fallback.trigger_rule == "one_failed"
    assert fallback.upstream_task_ids == {task.task_id for task in listings.tasks} - {"on_failure"}
    assert fallback.on_failure_callback in (None, [])
    assert "a task that has failed" in listings.doc_md


def test_the_run_that_starts_on_a_day_is_the_run_of_that_day(bag):
    restriction = TimeRestriction(earliest=pendulum.datetime(2026, 1, 2), latest=None, catchup=True)
    timetable = bag.dags["drugs"].timetable
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert first.run_after == first.logical_date == datetime(2026, 1, 2, 4, tzinfo=UTC)


def test_texts_of_the_file_stay_text(pipeline_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quoted = EVIL.replace("\\", "\\\\").replace('"', '\\"')
    text = (
        f'description = "{quoted}"\ntags = ["{quoted}"]\n[sources.s]\npath = "{quoted}"\n'
        f'[tasks.one]\nfrom = "s"\nbuiltin = "{quoted}"\ndescription = "{quoted}"\n'
    )
    dag = build_dag(str(pipeline_file(text).with_suffix(".py")))
    assert dag.description == EVIL
    for page in (dag.doc_md, dag.get_task("one").doc_md):
        for mark in ("{{", "{%", "$(", "<script", "](", "*b*", "`y`"):
            assert mark not in page
        assert "script" in page
        assert not page.endswith(".md"), "Airflow would read the file of that name"
    assert not (tmp_path / "x").exists()


def test_the_evil_texts_of_a_page_are_shown_as_they_are_written():
    tokens = MarkdownIt("commonmark", {"html": True}).parseInline(f"a {shown(EVIL)} b")[0].children
    assert {token.type for token in tokens} <= {"text", "text_special"}
    assert "".join(token.content for token in tokens) == f"a {EVIL} b"


def test_a_bad_file_is_told_and_leaves_the_other_dags_alone(pipeline_file, caplog):
    pipeline_file("retries = 'two'\n[tasks.a]\n", "bad")
    pipeline_file("[tasks.a\n", "worse")
    pipeline_file("schedule = '61 25 * * *'\n[tasks.a]\n", "late")
    good = pipeline_file("[tasks.a]\n", "good")
    with caplog.at_level(logging.CRITICAL):
        bag = dag_bag(good.parent)
    assert bag.dag_ids == ["good"]
    told = {file.rsplit("/", 1)[-1]: text for file, text in bag.import_errors.items()}
    assert set(told) == {"bad.py", "worse.py", "late.py"}
    assert "bad.toml: `retries` must be a whole number, not 'two'" in told["bad.py"]
    assert "worse.toml: " in told["worse.py"]
    assert "line 1" in told["worse.py"]
    assert "late.toml: `schedule` must be a cron line" in told["late.py"]


def test_the_modules_do_no_harm_where_airflow_takes_them_for_dags():
    """There is no `.airflowignore`: what it names would be left out of an upload, too."""
    bag = dag_bag(DAGS / "pipeline_dag")
    assert (bag.import_errors, bag.dag_ids) == ({}, [])
    assert not list(DAGS.rglob(".airflowignore"))


def test_without_a_schedule_a_pipeline_runs_by_hand(pipeline_file):
    dag = build_dag(str(pipeline_file("[tasks.a]\n").with_suffix(".py")))
    assert dag.timetable.can_be_scheduled is False


def test_a_bad_schedule_is_an_error_of_the_file(pipeline_file):
    with pytest.raises(PipelineFileError, match="some.toml: `schedule`"):
        build_dag(str(pipeline_file("schedule = 'daily'\n[tasks.a]\n").with_suffix(".py")))
