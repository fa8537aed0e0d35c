"""The filters of terraform/ on lines that Airflow itself has logged: each alert finds its event and nothing else."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cloud_logging import matches
from conftest import DAGS, REPOSITORY, free_port, stop, version
from pipeline_dag.declaration import read_declaration
from pipeline_dag.events import EVENTS, event
from pipeline_dag.process import record

TERRAFORM = REPOSITORY / "terraform"
# What a file of data may hold when somebody wants to raise an alarm.
EVIL = '{"event": "task_failed"} \\"event\\": \\"data_did_not_pass\\", event: run_failed'


def filter_of(name: str) -> str:
    template = (TERRAFORM / "event.filter.tftpl").read_text()
    return template.replace("${environment}", "pipeline").replace("${event}", name)


def entries(line: str) -> list[dict]:
    """The entries that a line of a task's log may become: as text, as JSON, and as what Airflow 3 wraps in JSON."""
    found = [{"textPayload": line}]
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    if isinstance(values, dict):
        found.append({"jsonPayload": values})
        if isinstance(values.get("event"), str) and values["event"] not in EVENTS:  # Airflow 3 calls its text so
            found += [{"textPayload": values["event"]}, {"jsonPayload": {"message": values["event"]}}]
    resource = {"type": "cloud_composer_environment", "labels": {"environment_name": "pipeline"}}
    return [{"resource": resource, **entry} for entry in found]


def found_by(name: str, lines: list[str]) -> list[str]:
    """The lines that an alert finds, in whatever form they arrive."""
    wanted = filter_of(name)
    found = []
    for line in lines:
        told = {matches(wanted, entry) for entry in entries(line)}
        assert len(told) == 1, f"whether {name} finds it depends on the form: {line}"
        found += [line] if told == {True} else []
    return found


def test_terraform_knows_the_events_of_the_list_and_no_other():
    logs = (TERRAFORM / "logs.tf").read_text()
    block = re.search(r"(?m)^  events = \{\n(.*?)\n  \}", logs, re.DOTALL)[1]
    assert dict(re.findall(r'(?m)^    (\w+) += "(.*)"$', block)) == EVENTS
    everywhere = "".join(file.read_text() for file in TERRAFORM.glob("*.tf"))
    used = re.findall(r'local\.event(?:_filter|s)\.(\w+)|google_logging_metric\.event\["(\w+)"\]', everywhere)
    assert {one or other for one, other in used} <= set(EVENTS)
    assert used


def test_terraform_misses_the_runs_of_every_pipeline_that_runs_each_day():
    variables = (TERRAFORM / "variables_monitoring.tf").read_text()
    block = re.search(r'(?ms)^variable "daily_pipelines" \{.*?^  default += (\[.*?\])$', variables)[1]
    files = [read_declaration(file) for file in DAGS.glob("*.toml")]
    daily = [file.name for file in files if file.schedule and file.schedule.split()[2:] == ["*", "*", "*"]]
    assert json.loads(block) == sorted(daily)


def test_no_pipeline_starts_while_composer_may_update_itself():
    variables = (TERRAFORM / "variables_composer.tf").read_text()
    block = re.search(r'(?ms)^variable "maintenance_window" \{.*?^\}', variables)[0]
    first, last = (int(re.search(rf'{key} += "[0-9-]+T(\d\d):00', block)[1]) for key in ("start_time", "end_time"))
    starts = {file.name: file.schedule for file in map(read_declaration, DAGS.glob("*.toml")) if file.schedule}
    # An hour before, too: a run takes its time.
    assert [name for name, cron in starts.items() if first - 1 <= int(cron.split()[1]) <= last] == []


def test_every_event_is_described():
    told = (REPOSITORY / "dags" / "README.md").read_text()
    assert [name for name in EVENTS if f"`{name}`" not in told] == []


@pytest.mark.parametrize("name", EVENTS)
def test_an_alert_finds_its_own_event_in_every_form(name):
    line = event(name, {"pipeline": "drugs", "task": None, "exception": EVIL})
    lines = [line, json.dumps({"timestamp": "2026-01-02T04:00:00Z", "event": line, "level": "error"})]
    lines.append(f"[2026-01-02T04:00:00.000+0000] {{build.py:90}} ERROR - {line}")
    assert {other: len(found_by(other, lines)) for other in EVENTS} == {other: 3 * (other == name) for other in EVENTS}


def test_what_the_binary_says_is_no_event():
    """Not its own word for the same, which Airflow hands on for each try, and not what stands in the data."""
    said = [json.dumps({"severity": "ERROR", "message": EVIL, "event": "task_failed", "hint": EVIL, "raw": EVIL}), EVIL]
    lines = [record(line)[1] for line in said]
    lines += [json.dumps({"event": line, "level": "error"}) for line in lines]
    nothing: dict[str, list[str]] = {name: [] for name in EVENTS}
    assert {name: found_by(name, lines) for name in EVENTS} == nothing


def test_another_environment_is_none_of_ours():
    (entry, *_) = entries(event("task_failed", {}))
    assert matches(filter_of("task_failed"), entry)
    entry["resource"]["labels"]["environment_name"] = "other"
    assert not matches(filter_of("task_failed"), entry)


@pytest.fixture(scope="module")
def logged(tmp_path_factory) -> dict[str, list[str]]:
    """What a real Airflow logs of a task that succeeds, one whose data does not pass, one that cannot go on: by DAG."""
    folder = tmp_path_factory.mktemp("alerts")
    binary = folder / "pipeline"
    binary.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"print(json.dumps({{'severity': 'ERROR', 'message': 'why', 'event': 'task_failed', 'raw': {EVIL!r}}}))\n"
        "sys.exit({'data': 1, 'broken': 2}.get(sys.argv[2], 0))\n"
    )
    dags = folder / "dags"
    dags.mkdir()
    for module in (REPOSITORY / "dags" / "pipeline_dag").iterdir():
        if module.is_file():
            (dags / "pipeline_dag").mkdir(exist_ok=True)
            (dags / "pipeline_dag" / module.name).write_bytes(module.read_bytes())
    names = ("fine", "data", "broken")
    for name in (*names, "after"):
        top = "after_asset = 'fine/only'\n" if name == "after" else ""
        (dags / f"{name}.toml").write_text(f"retries = 1\nretry_delay = '0s'\n{top}[tasks.only]\nwrite = {{}}\n")
        (dags / f"{name}.py").write_bytes((REPOSITORY / "dags" / "drugs.py").read_bytes())
    home = folder / "home"
    variables = {
        **os.environ,
        "NO_PROXY": "127.0.0.1",
        "PIPELINE_BIN": str(binary),
        "PIPELINE_OUT": str(folder / "out"),
        "PIPELINE_AIRFLOW_HOME": str(home),
        "PIPELINE_DAGS": str(dags),
    }
    script = [sys.executable, REPOSITORY / "scripts" / "airflow"]
    server = subprocess.Popen(
        [*script, "start", version(), "--port", str(free_port())], env=variables, stdout=subprocess.PIPE, text=True
    )
    try:
        assert "is ready" in server.stdout.readline()
        for name in names:
            subprocess.run(
                [*script, "command", version(), "dags", "trigger", name], env=variables, check=True, capture_output=True
            )
        return wait_for_the_end(home, (*names, "after"))
    finally:
        stop(server)


def wait_for_the_end(home: Path, names: tuple[str, ...]) -> dict[str, list[str]]:
    """The lines of the task logs, once all are there: a broken task is tried twice, the others once."""
    wanted = {"fine": 1, "data": 1, "broken": 2, "after": 1}
    end = time.monotonic() + 240
    while True:
        files = {name: sorted(home.glob(f"logs/dag_id={name}/**/*.log")) for name in names}
        lines = {name: [line for file in files[name] for line in file.read_text().splitlines()] for name in names}
        events = {name: sum('"pipeline' in line or 'pipeline\\"' in line for line in lines[name]) for name in names}
        done = all(len(files[name]) >= count for name, count in wanted.items())
        if done and events["data"] and events["broken"]:
            return lines
        assert time.monotonic() < end, lines
        time.sleep(0.5)


def test_each_alert_finds_what_airflow_has_logged_of_its_event_alone(logged):
    def counts(name: str) -> dict[str, int]:
        return {dag: len(found_by(name, lines)) for dag, lines in logged.items()}

    assert counts("data_did_not_pass") == {"fine": 0, "data": 1, "broken": 0, "after": 0}
    assert counts("task_failed") == {"fine": 0, "data": 0, "broken": 1, "after": 0}


def test_a_pipeline_has_run_after_the_asset_that_it_waits_for(logged):
    """Nobody has triggered it but Airflow itself, when the table of another pipeline was new."""
    assert any("run after --task only" in line for line in logged["after"])


def test_no_task_log_warns_of_something_deprecated(logged):
    lines = [line for lines in logged.values() for line in lines]
    assert [line for line in lines if re.search(r"deprecat", line, re.IGNORECASE)] == []
