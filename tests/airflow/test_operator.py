"""What a task does with its run, and what becomes of each way in which the binary can end."""

import json
import logging
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.exceptions import AirflowException, AirflowFailException
from pipeline_dag.build import PipelineOperator, day_of, report_run, report_task
from pipeline_dag.process import Process

FOUR = datetime(2026, 1, 2, 4, tzinfo=UTC)


@pytest.fixture
def task(fake, tmp_path, monkeypatch):
    """Runs the task `graph` of `drugs` with a stand-in for the binary."""

    def run(code: str = "", conf=None) -> None:
        monkeypatch.setenv("PIPELINE_BIN", str(fake(code)))
        monkeypatch.setenv("PIPELINE_DATA", "/data")
        monkeypatch.setenv("PIPELINE_OUT", str(tmp_path / "out"))
        operator = PipelineOperator(pipeline="drugs", task="graph", folder="/dags", task_id="graph")
        operator.execute({"logical_date": FOUR, "dag_run": SimpleNamespace(conf=conf)})

    return run


def test_a_task_runs_the_binary_for_its_day(task, calls, tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    task(conf={"set": {"key": "{{ 1/0 }}"}})
    (call,) = calls()
    assert call["argv"][1:] == [
        *("run", "drugs", "--task", "graph", "--date", "2026-01-02", "--data", "/data"),
        *("--out", f"{tmp_path}/out/output.json", "--log-format", "json", "--set", "key={{ 1/0 }}"),
    ]
    assert call["env"]["PIPELINE_DAGS"] == "/dags"
    assert call["env"]["STORAGE_EMULATOR_HOST"] == "http://127.0.0.1:1"
    assert "AIRFLOW__CORE__FERNET_KEY" not in call["env"]


def says(severity: str, code: int) -> str:
    record = {"severity": severity, "message": "why", "hint": "what to do"}
    return f"print({json.dumps(record)!r}, file=sys.stderr)\nsys.exit({code})"


def test_data_that_does_not_pass_is_not_tried_again(task):
    with pytest.raises(AirflowFailException, match="^why; hint: what to do$"):
        task(says("ERROR", 1))


def test_what_can_never_pass_as_it_was_called_is_not_tried_again(task):
    with pytest.raises(AirflowFailException, match="^why; hint: what to do$"):
        task(says("ERROR", 3))
    # The arguments are refused before the binary knows how to log.
    refused = "error: invalid value 'x' for '--date'\n\nFor more information, try '--help'."
    with pytest.raises(AirflowFailException, match="^error: invalid value 'x' for '--date'$"):
        task(f"print({refused!r}, file=sys.stderr)\nsys.exit(3)")


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (says("ERROR", 2), "ended with exit code 2: why; hint: what to do"),
        ("sys.exit(101)", "ended with exit code 101"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
    ],
)
def test_what_could_not_go_on_is_tried_again(task, code, how):
    with pytest.raises(AirflowException, match=how) as raised:
        task(code)
    assert not isinstance(raised.value, AirflowFailException)


def test_a_fallback_that_is_done_leaves_the_run_a_failed_one(fake, calls, monkeypatch):
    monkeypatch.setenv("PIPELINE_BIN", str(fake()))
    monkeypatch.setenv("GCS_BUCKET", "bucket")
    operator = PipelineOperator(pipeline="listings", task="on_failure", folder="/dags", task_id="on_failure")
    with pytest.raises(AirflowFailException, match="the fallback is done; the run has failed"):
        operator.execute({"logical_date": FOUR, "dag_run": SimpleNamespace(conf=None)})
    (call,) = calls()
    assert call["argv"][1:9] == [
        *("run", "listings", "--task", "on_failure", "--date", "2026-01-02"),
        *("--data", "/home/airflow/gcs/data/listings"),
    ]
    assert call["argv"][9:11] == ["--out", "gs://bucket/data/listings/"]


def test_a_bad_configuration_is_not_tried_again_and_runs_nothing(task, calls):
    with pytest.raises(AirflowFailException, match="unknown key 'sett'"):
        task(conf={"sett": {}})
    assert calls() == []


def test_a_missing_binary_is_tried_again_and_told(task, monkeypatch):
    task()
    operator = PipelineOperator(pipeline="drugs", task="graph", folder="/dags", task_id="again")
    monkeypatch.setenv("PIPELINE_BIN", "/absent/pipeline")
    with pytest.raises(AirflowException, match="cannot run /absent/pipeline.*PIPELINE_BIN") as raised:
        operator.execute({"logical_date": FOUR, "dag_run": SimpleNamespace(conf=None)})
    assert not isinstance(raised.value, AirflowFailException)


def test_without_a_place_for_results_the_task_fails(monkeypatch):
    monkeypatch.delenv("PIPELINE_OUT", raising=False)
    monkeypatch.delenv("GCS_BUCKET", raising=False)
    operator = PipelineOperator(pipeline="drugs", task="graph", folder="/dags", task_id="nowhere")
    with pytest.raises(AirflowException, match="PIPELINE_OUT"):
        operator.execute({"logical_date": FOUR, "dag_run": SimpleNamespace(conf=None)})


def test_no_field_of_a_task_is_a_template():
    assert tuple(PipelineOperator.template_fields) == ()


def test_stopping_a_task_that_has_not_begun_does_nothing():
    PipelineOperator(pipeline="drugs", task="graph", folder="/dags", task_id="idle").on_kill()


def test_stopping_a_task_stops_its_process(monkeypatch):
    stopped = []
    monkeypatch.setattr(Process, "stop", lambda process: stopped.append(process))
    operator = PipelineOperator(pipeline="drugs", task="graph", folder="/dags", task_id="busy")
    operator.process = Process()
    operator.on_kill()
    assert stopped == [operator.process]


@pytest.mark.parametrize(
    ("context", "day"),
    [
        ({"logical_date": FOUR, "dag_run": None}, "2026-01-02"),
        ({"logical_date": FOUR.astimezone(timezone(timedelta(hours=-5))), "dag_run": None}, "2026-01-02"),
        ({"dag_run": SimpleNamespace(run_after=FOUR)}, "2026-01-02"),
        ({"logical_date": None, "dag_run": SimpleNamespace(run_after=FOUR)}, "2026-01-02"),
    ],
)
def test_the_day_is_the_logical_date_or_that_of_the_start_in_utc(context, day):
    assert day_of(context) == day


def test_without_any_date_the_day_is_today():
    before = datetime.now(UTC).date().isoformat()
    assert before <= day_of({"dag_run": SimpleNamespace()}) <= datetime.now(UTC).date().isoformat()


def test_a_failed_task_is_reported_in_one_line_of_json(caplog):
    run = SimpleNamespace(dag_id="drugs", run_id="r1", logical_date=FOUR)
    task = SimpleNamespace(dag_id="drugs", task_id="graph", try_number=2)
    with caplog.at_level(logging.ERROR):
        report_task({"dag_run": run, "task_instance": task, "exception": ValueError("two\nlines")})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "pipeline_dag.build"]
    assert "\n" not in line
    assert json.loads(line) == {
        "severity": "ERROR",
        "message": "the pipeline's task failed",
        "pipeline": "drugs",
        "task": "graph",
        "run": "r1",
        "date": "2026-01-02T04:00:00+00:00",
        "try_number": 2,
        "exception": "two\nlines",
    }


def test_a_failed_run_is_reported_with_its_reason_and_blames_no_task(caplog):
    run = SimpleNamespace(dag_id="drugs", run_id="r1", logical_date=None)
    with caplog.at_level(logging.ERROR):
        report_run({"dag_run": run, "task_instance": SimpleNamespace(task_id="any"), "reason": "task_failure"})
    (line,) = [json.loads(record.getMessage()) for record in caplog.records if record.name == "pipeline_dag.build"]
    assert (line["message"], line["exception"]) == ("the pipeline's run failed", "task_failure")
    assert (line["date"], line["task"]) == (None, None)
