"""Whole runs by the `airflow` command, each in a process of its own, with its own database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DAGS, HOME, REPOSITORY, gone

BINARY = os.environ.get("PIPELINE_TEST_BINARY", "")


def airflow(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module", autouse=True)
def database():
    made = airflow("db", "migrate")
    assert made.returncode == 0, made.stderr
    assert list(Path(HOME).glob("airflow.db"))


@pytest.fixture
def dag_run(tmp_path, fake):
    """Runs a DAG for the day 2026-01-02, where the mounted data folder has a stand-in for the binary."""

    def run(code: str = "", dag: str = "drugs", dags: Path = DAGS, *more: str) -> subprocess.CompletedProcess:
        binary = fake(code, mode=0o444)
        binary.parent.chmod(0o555)
        places = {"PIPELINE_DATA": str(tmp_path), "PIPELINE_OUT": str(tmp_path / "out")}
        return airflow(
            "dags",
            "test",
            dag,
            "2026-01-02",
            *more,
            AIRFLOW__CORE__DAGS_FOLDER=str(dags),
            TMPDIR=str(tmp_path),
            **places,
        )

    return run


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("pipeline-*")]


def test_a_run_does_every_task_in_order(dag_run, calls, tmp_path):
    ended = dag_run("", "drugs", DAGS, "--conf", '{"set": {"key": "{{ 1/0 }}"}}')
    assert ended.returncode == 0, ended.stderr
    tasks = [call["argv"][4] for call in calls()]
    assert tasks == ["check", "graph", "publish"]
    for call in calls():
        assert call["argv"][1:3] == ["run", "drugs"]
        assert call["argv"][5:] == [
            *("--date", "2026-01-02", "--data", str(tmp_path), "--out", f"{tmp_path}/out/output.json"),
            *("--log-format", "json", "--set", "key={{ 1/0 }}"),
        ]
        assert call["env"]["PIPELINE_DAGS"] == str(DAGS)
    assert left_behind(tmp_path) == []


def test_data_that_does_not_pass_ends_the_run(dag_run, calls):
    record = json.dumps({"severity": "ERROR", "message": "too many rejects", "hint": "look"})
    ended = dag_run(f"print({record!r})\nsys.exit(1)")
    said = ended.stdout + ended.stderr
    assert "too many rejects; hint: look" in said
    assert "DataDidNotPass" in said
    assert '"event": "data_did_not_pass", "pipeline": "drugs", "task": "check"' in said, "the callback's line"
    assert [call["argv"][4] for call in calls()] == ["check"]


def test_the_gold_tables_are_made_after_bronze_and_of_its_place(dag_run, calls, tmp_path):
    ended = dag_run("", "trades", DAGS, "--conf", '{"set": {"rule": "mean"}}')
    assert ended.returncode == 0, ended.stderr
    tasks = [call["argv"][4] for call in calls()]
    assert tasks[0] == "bronze"
    assert sorted(tasks[1:]) == ["anomalies", "average", "top_volume"]
    for call in calls():
        assert call["argv"][1:3] == ["run", "trades"]
        assert call["argv"][5:] == [
            *("--date", "2026-01-02", "--data", f"{tmp_path}/trades", "--out", f"{tmp_path}/out/trades/"),
            *("--log-format", "json", "--set", "rule=mean"),
        ]


def test_the_fallback_runs_only_when_a_task_has_failed(dag_run, calls):
    ended = dag_run("", "listings")
    assert ended.returncode == 0, ended.stderr
    assert [call["argv"][4] for call in calls()] == ["listings"]
    said = dag_run("sys.exit(0 if 'on_failure' in sys.argv else 1)", "listings")
    assert [call["argv"][4] for call in calls()][1:] == ["listings", "on_failure"]
    assert "the fallback is done; the run has failed" in said.stdout + said.stderr


def test_a_task_over_its_time_limit_ends_with_its_child(dag_run, calls, pipeline_file, tmp_path):
    file = pipeline_file("timeout = '1s'\n[tasks.long]\n", "slow")
    said = dag_run("time.sleep(600)", "slow", file.parent)
    assert "AirflowTaskTimeout" in said.stdout + said.stderr
    (call,) = calls()
    assert gone(call["pid"])
    assert left_behind(tmp_path) == []


@pytest.mark.skipif(not BINARY, reason="PIPELINE_TEST_BINARY does not name a binary of `pipeline`")
@pytest.mark.parametrize(("name", "day"), [("trades", "2026-01-02"), ("configuration", "2024-05-02")])
def test_the_real_binary_writes_the_tables_it_writes_by_hand(tmp_path, name, day):
    by_hand = tmp_path / "by-hand" / name
    command = [BINARY, "run", name, "--quiet", "--date", day, "--data", str(REPOSITORY / "data" / name)]
    environment = {**os.environ, "PIPELINE_DAGS": str(DAGS)}
    ran = subprocess.run(
        [*command, "--out", str(by_hand)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if "needs a build with tables" in ran.stderr and not os.environ.get("PIPELINE_TEST_ALL"):
        pytest.skip("PIPELINE_TEST_BINARY names a binary without tables")
    assert ran.returncode == 0, ran.stderr
    ended = airflow(
        *("dags", "test", name, day),
        PIPELINE_BIN=BINARY,
        PIPELINE_DATA=str(REPOSITORY / "data"),
        PIPELINE_OUT=str(tmp_path / "by-airflow"),
    )
    assert ended.returncode == 0, ended.stderr

    def tables(folder: Path) -> dict[str, bytes]:
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.parquet")}

    assert tables(tmp_path / "by-airflow" / name) == tables(by_hand)
    assert tables(by_hand)


@pytest.mark.skipif(not BINARY, reason="PIPELINE_TEST_BINARY does not name a binary of `pipeline`")
def test_the_real_binary_writes_what_it_writes_by_hand(tmp_path):
    for folder in ("bin", "by-hand", "by-airflow"):
        (tmp_path / folder).mkdir()
    by_hand = tmp_path / "by-hand" / "output.json"
    command = [BINARY, "run", "--quiet", "--data", str(REPOSITORY / "data"), "--out", str(by_hand)]
    subprocess.run(command, env={**os.environ, "PIPELINE_DAGS": str(DAGS)}, check=True, timeout=300)
    ended = airflow(
        *("dags", "test", "drugs", "2026-01-02"),
        PIPELINE_BIN=BINARY,
        PIPELINE_DATA=str(REPOSITORY / "data"),
        PIPELINE_OUT=str(tmp_path / "by-airflow"),
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "by-airflow" / "output.json").read_bytes() == by_hand.read_bytes()
    assert (tmp_path / "by-airflow" / "run.json").exists()
