"""What the tests share: an Airflow home of their own, a stand-in for the binary, the repository's DAGs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DAGS = REPOSITORY / "dags"
HOME = tempfile.mkdtemp(prefix="pipeline-airflow-")

# Airflow reads its settings when it is imported.
os.environ.update(
    AIRFLOW_HOME=HOME,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    PYTHONDONTWRITEBYTECODE="1",
)
for name in ("PIPELINE_DATA", "PIPELINE_OUT", "PIPELINE_BIN", "PIPELINE_DAGS", "GCS_BUCKET"):
    os.environ.pop(name, None)
sys.dont_write_bytecode = True
sys.path.insert(0, str(DAGS))


def dag_bag(folder: Path):
    """The DAGs of a folder as Airflow finds them."""
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # before Airflow 3.2
        from airflow.models.dagbag import DagBag
    return DagBag(dag_folder=str(folder))


def pytest_sessionfinish():
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def fake(tmp_path):
    """Writes a stand-in for the binary: it keeps its arguments and environment in `called`, then runs `code`."""

    def write(code: str = "", mode: int = 0o755) -> Path:
        binary = tmp_path / "bin" / "pipeline"
        binary.parent.mkdir(exist_ok=True)
        binary.write_text(
            f"#!{sys.executable}\n"
            "import json, os, signal, sys, time\n"
            f"with open({str(tmp_path / 'called')!r}, 'a') as called:\n"
            "    print(json.dumps({'argv': sys.argv, 'env': dict(os.environ), 'pid': os.getpid()}), file=called)\n"
            f"{code}\n"
        )
        binary.chmod(mode)
        return binary

    return write


@pytest.fixture
def calls(tmp_path):
    """The calls of the stand-in so far."""
    import json

    def read() -> list[dict]:
        called = tmp_path / "called"
        return [json.loads(line) for line in called.read_text().splitlines()] if called.exists() else []

    return read


@pytest.fixture
def pipeline_file(tmp_path):
    """Writes a pipeline file, with a DAG file beside it."""

    def write(text: str, name: str = "some") -> Path:
        folder = tmp_path / "dags"
        folder.mkdir(exist_ok=True)
        shutil.copytree(DAGS / "pipeline_dag", folder / "pipeline_dag", dirs_exist_ok=True)
        shutil.copyfile(DAGS / "drugs.py", folder / f"{name}.py")
        file = folder / f"{name}.toml"
        file.write_text(text)
        return file

    return write


def gone(pid: int) -> bool:
    """Whether no process has this id any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def version() -> str:
    """Which of the versions of scripts/airflow runs these tests."""
    return next(known for known in ("3.3", "3.1", "2.10") if f"airflow-{known}" in sys.executable)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process: subprocess.Popen) -> None:
    """Asks a process to end, and ends it when it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
