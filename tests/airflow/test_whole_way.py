"""The whole way: uploaded to a bucket, run by Airflow, written to the bucket by the binary, brought home, asked."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest
from conftest import REPOSITORY, free_port, stop, version

BINARY = os.environ.get("PIPELINE_TEST_BINARY", "")
PASSWORD = uuid.uuid4().hex

pytestmark = pytest.mark.skipif(not BINARY, reason="PIPELINE_TEST_BINARY does not name a binary of `pipeline`")


@pytest.fixture
def bucket():
    """A storage server with one bucket; its address."""
    script = REPOSITORY / "scripts" / "fake-gcs"
    subprocess.run([script, "install"], check=True, capture_output=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([script, "start", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
    try:
        body = json.dumps({"name": "bucket", "versioning": {"enabled": True}}).encode()
        create = urllib.request.Request(f"{url}/storage/v1/b?project=test", body, {"content-type": "application/json"})  # noqa: S310 (loopback)
        for _ in range(200):
            try:
                urllib.request.urlopen(create).read()  # noqa: S310 (loopback)
                break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        stop(server)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NO_PROXY": "127.0.0.1", **more}


def test_uploaded_run_and_brought_home(bucket, tmp_path):
    variables = environment(STORAGE_EMULATOR_HOST=bucket, COMPOSER_BUCKET="bucket")

    def pipeline(*arguments: str) -> str:
        done = subprocess.run(
            [BINARY, *arguments],
            cwd=REPOSITORY,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    pipeline("upload", "--binary", BINARY)
    # What Composer does on each worker: the bucket's folders appear, and nothing in them can be executed.
    for folder in ("dags", "data"):
        pipeline("fetch-result", "--object", f"{folder}/", "--to", str(tmp_path / "gcs" / folder))
    (tmp_path / "gcs/data/bin/pipeline").chmod(0o444)
    airflow = Path(sys.executable).with_name("airflow")
    worker = {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "gcs/dags"),
        "PIPELINE_DATA": str(tmp_path / "gcs/data"),
        "GCS_BUCKET": "bucket",
    }
    for command in (["db", "migrate"], ["dags", "test", "drugs", "2026-01-02"]):
        done = subprocess.run(
            [airflow, *command], env={**variables, **worker}, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
    home, by_hand = tmp_path / "result/output.json", tmp_path / "by-hand/output.json"
    pipeline("fetch-result", "--to", str(home))
    pipeline("run", "--quiet", "--data", "data", "--out", str(by_hand))
    assert home.read_bytes() == by_hand.read_bytes()
    record = json.loads(home.with_name("run.json").read_text())
    assert (record["date"], record["output"]["file"]) == ("2026-01-02", "gs://bucket/data/output.json")
    assert pipeline("analyze", "--graph", str(home)) == pipeline("analyze", "--graph", str(by_hand)) != ""


def test_a_run_is_triggered_and_watched_to_its_end(tmp_path):
    port = free_port()
    variables = environment(PIPELINE_BIN=BINARY, PIPELINE_OUT=str(tmp_path), AIRFLOW_PASSWORD=PASSWORD)
    script = [sys.executable, REPOSITORY / "scripts" / "airflow", "start", version(), "--port", str(port)]
    server = subprocess.Popen(script, env=variables, stdout=subprocess.PIPE, text=True)
    try:
        ready = server.stdout.readline()
        assert f"http://127.0.0.1:{port}" in ready, ready
        asking = environment(AIRFLOW_USERNAME="admin", AIRFLOW_PASSWORD=PASSWORD)
        url = ["--airflow", f"http://127.0.0.1:{port}"]

        def pipeline(*arguments: str) -> subprocess.CompletedProcess:
            command = [BINARY, *arguments, *url]
            return subprocess.run(command, env=asking, capture_output=True, text=True, check=False, timeout=300)

        watched = pipeline("trigger", "drugs", "--unpause", "--watch", "-vvv", "--format", "json")
        assert watched.returncode == 0, watched.stderr
        assert PASSWORD not in watched.stdout + watched.stderr
        answer = json.loads(watched.stdout)
        assert answer["state"] == "success"
        tasks = [(task["task"], task["state"]) for task in answer["tasks"]]
        assert tasks == [("check", "success"), ("graph", "success"), ("publish", "success")]
        assert (tmp_path / "output.json").exists()
        status = pipeline("status", "drugs")
        assert status.returncode == 0, status.stderr
        assert re.search(r"success", status.stdout)
    finally:
        stop(server)
