"""Runs the binary: from a copy that may be executed, its log handed on, and never left behind."""

import json
import logging
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Airflow 3 kills a task five seconds after it asked it to end: the binary has to be gone by then.
GRACE_SECONDS = 3
LONGEST_LINE = 1 << 20
# The severities of Cloud Logging below ERROR.
LEVELS = {
    "DEFAULT": logging.INFO,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "NOTICE": logging.INFO,
    "WARNING": logging.WARNING,
}
LABELS = "logging.googleapis.com/labels"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its code (negative: the signal), and what it said last that was an error."""

    code: int
    message: str


@contextmanager
def runnable(binary: str):
    """A copy of `binary` that may be executed: a mounted bucket knows no such permission and cannot be written."""
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        copy = Path(folder, "pipeline")
        shutil.copyfile(binary, copy)
        copy.chmod(0o755)
        yield str(copy)


def plain(text: object) -> str:
    """`text` on one line: what stands in the data must not look like a line of the log."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def record(line: str) -> tuple[int, str]:
    """The level and the text of a line; one that is no JSON record is taken as it is.

    What is wrong with the arguments is told as text, before the binary knows how to log.
    """
    try:
        values = json.loads(line)
        message = values.pop("message")
        severity = values.pop("severity")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return logging.ERROR if line.startswith("error: ") else logging.INFO, plain(line)
    level = LEVELS.get(severity, logging.ERROR) if isinstance(severity, str) else logging.ERROR
    more = [f"{key}={plain(value)}" for key, value in values.items() if key not in ("time", "hint", LABELS)]
    text = plain(message) + (f" ({', '.join(more)})" if more else "")
    return level, text + (f"; hint: {plain(values['hint'])}" if values.get("hint") else "")


class Process:
    """One run of the binary, which can be stopped from a signal handler."""

    def __init__(self) -> None:
        self.child: subprocess.Popen | None = None
        self.stopped = False

    def run(self, binary: str, arguments: list[str], environment: Mapping[str, str], log) -> Ended:
        """Runs to the end and logs what is said; whatever raises meanwhile, the child ends first."""
        with runnable(binary) as program:
            self.child = subprocess.Popen(
                [program, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            try:
                if self.stopped:
                    self.child.terminate()
                said = self.relay(log)
                return Ended(self.child.wait(), said)
            finally:
                self.end()

    def relay(self, log) -> str:
        last, error = "", ""
        for raw in iter(lambda: self.child.stdout.readline(LONGEST_LINE), b""):
            line = raw.decode("utf-8", "replace").strip()
            if line:
                level, last = record(line)
                error = last if level >= logging.ERROR else error
                log.log(level, "%s", last)
        return error or last

    def end(self) -> None:
        """Ends the child if it has not ended, asked at first, then killed."""
        self.child.terminate()
        try:
            self.child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()

    def stop(self) -> None:
        """Asks the child to end and sees to it, without waiting: `run` is still reading."""
        self.stopped = True
        if self.child and self.child.returncode is None:
            self.child.terminate()
            timer = threading.Timer(GRACE_SECONDS, self.child.kill)
            timer.daemon = True
            timer.start()


def environment_for(folder: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The child's environment: ours, without Airflow's own settings, among which are its passwords."""
    kept = {key: value for key, value in environment.items() if not key.startswith("AIRFLOW__")}
    return {**kept, "PIPELINE_DAGS": folder}
