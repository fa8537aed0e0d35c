"""Reads a pipeline file as far as Airflow needs it; everything else in it is the binary's to check."""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# What Airflow takes for a DAG or a task, without the dot, which means a group of tasks there.
NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
# A table of ours, or what somebody else calls an asset by.
ASSET = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-][A-Za-z0-9_.-]*|[A-Za-z0-9_.+-]+://[^\s@]+")
SCHEME = "pipeline://"
DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)")
UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MISSING = object()
# The task that runs when another one has failed; no task of the file can have its name.
FALLBACK = "on_failure"


class PipelineFileError(ValueError):
    """What is wrong with a pipeline file: every problem, each with the file and the key."""


@dataclass(frozen=True)
class Task:
    name: str
    kind: str
    description: str
    upstream: tuple[str, ...]
    writes: str | None = None  # the asset that is new when it is done

    @property
    def is_fallback(self) -> bool:
        return self.name == FALLBACK


@dataclass(frozen=True)
class Declaration:
    name: str
    description: str
    schedule: str | None
    after_asset: tuple[str, ...]
    start: datetime
    catchup: bool
    max_active_runs: int
    retries: int
    retry_delay: timedelta
    timeout: timedelta
    tags: tuple[str, ...]
    sources: dict[str, tuple[str, ...]]
    tasks: tuple[Task, ...]

    def longest_run(self) -> timedelta:
        """How long a run may take when its tasks follow one another and each needs all its tries."""
        return len(self.tasks) * (self.timeout * (self.retries + 1) + self.retry_delay * self.retries)


class Table:
    """A table of the file; a value of the wrong type is noted in `problems`, and the default stands in for it."""

    def __init__(self, file: Path, values: dict, problems: list[str], where: str = ""):
        self.file, self.values, self.problems, self.where = file, values, problems, where

    def problem(self, key: str, text: str) -> None:
        self.problems.append(f"{self.file}: `{self.where}{key}` {text}")

    def get(self, key: str, default, kind: type, what: str):
        value = self.values.get(key, MISSING)
        if value is MISSING:
            return default
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self.problem(key, f"must be {what}, not {value!r}")
        return default

    def text(self, key: str, default=""):
        return self.get(key, default, str, "a string")

    def whole(self, key: str, default: int, least: int) -> int:
        value = self.get(key, default, int, "a whole number")
        if value < least:
            self.problem(key, f"must be {least} or more, not {value}")
        return max(value, least)

    def texts(self, key: str) -> tuple[str, ...]:
        """A string, or a list of them."""
        value = self.values.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
            return tuple(listed)
        self.problem(key, f"must be a string or a list of strings, not {value!r}")
        return ()

    def duration(self, key: str, default: str) -> timedelta:
        match = DURATION.fullmatch(self.text(key, default))
        if not match:
            self.problem(key, f'must be a duration such as "30s", "10m", "2h" or "1d", not {self.values[key]!r}')
            return timedelta()
        return timedelta(**{UNIT[match[2]]: int(match[1])})

    def day(self, key: str, default: str) -> datetime:
        value = self.values.get(key, default)
        try:
            day = date.fromisoformat(value.isoformat() if type(value) is date else value)
        except (TypeError, ValueError):
            self.problem(key, f"must be a date such as 2025-01-01, not {value!r}")
            day = date.min
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    def tables(self, key: str) -> dict[str, "Table"]:
        """The tables `[key.name]`, by their names."""
        inner = {}
        for name, values in self.get(key, {}, dict, "a table").items():
            if isinstance(values, dict):
                inner[name] = Table(self.file, values, self.problems, f"{self.where}{key}.{name}.")
            else:
                self.problem(f"{key}.{name}", f"must be a table, not {values!r}")
        return inner


def dependencies(tasks: dict[str, Table], sources: dict[str, Table]) -> dict[str, tuple[str, ...]]:
    """The tasks that each task waits for: those it reads `from`, and those it names in `after`."""
    upstream: dict[str, tuple[str, ...]] = {}
    for name, task in tasks.items():
        found = []
        for key, known in (("from", {**sources, **tasks}), ("after", tasks)):
            for other in task.texts(key):
                if other not in known:
                    task.problem(key, f"names `{other}`, which is none of {', '.join(sorted(known))}")
                elif other in tasks and other not in found:
                    found.append(other)
        upstream[name] = tuple(found)
    return upstream


def fallback(top: Table, tasks: tuple[str, ...]) -> tuple[Task, ...]:
    """The task that is done when another has failed, if the file has one: it stands behind all tasks."""
    declared = top.get(FALLBACK, {}, dict, "a table")
    table = Table(top.file, declared, top.problems, f"{FALLBACK}.")
    table.texts("from")
    if not {"sql", "from", "write"} & declared.keys():
        return ()
    return (Task(FALLBACK, kind_of(table), table.text("description"), tasks),)


def read_declaration(file: Path) -> Declaration:
    """Reads what Airflow has to know of `file`, or raises a `PipelineFileError` with every problem."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PipelineFileError(f"{file}: {error}") from error
    problems: list[str] = []
    top = Table(file, values, problems)
    tasks, sources = top.tables("tasks"), top.tables("sources")
    if not NAME.fullmatch(file.stem):
        problems.append(f"{file}: the file's name must be letters, digits, `_` and `-`")
    if not tasks and "tasks" not in values:
        top.problem("tasks", "must name at least one task")
    for name in tasks:
        if not NAME.fullmatch(name):
            top.problem(f"tasks.{name}", "must be letters, digits, `_` and `-`")
        if name == FALLBACK:
            top.problem(f"tasks.{name}", f"has a name that is reserved for `[{FALLBACK}]`")
    upstream = dependencies(tasks, sources)
    order = list(tasks)
    try:
        order = list(TopologicalSorter(upstream).static_order())
    except CycleError as error:
        top.problem("tasks", f"wait for one another: {' -> '.join(reversed(error.args[1]))}")
    declaration = Declaration(
        name=file.stem,
        description=top.text("description"),
        schedule=top.text("schedule", None),
        after_asset=assets(top),
        start=top.day("start_date", "2025-01-01"),
        catchup=top.get("catchup", False, bool, "true or false"),
        max_active_runs=top.whole("max_active_runs", 1, least=1),
        retries=top.whole("retries", 0, least=0),
        retry_delay=top.duration("retry_delay", "30s"),
        timeout=top.duration("timeout", "1h"),
        tags=top.texts("tags"),
        sources={name: source.texts("path") for name, source in sources.items()},
        tasks=(
            *(
                Task(
                    name,
                    kind_of(tasks[name]),
                    tasks[name].text("description"),
                    upstream[name],
                    asset_of(file.stem, name, tasks[name]),
                )
                for name in order
            ),
            *fallback(top, tuple(order)),
        ),
    )
    if problems:
        raise PipelineFileError("\n".join(problems))
    return declaration


def assets(top: Table) -> tuple[str, ...]:
    """The URIs that the pipeline waits for: `trades/bronze` is a table of ours."""
    found = []
    for text in top.texts("after_asset"):
        if ASSET.fullmatch(text):
            found.append(text if "://" in text else SCHEME + text)
        else:
            top.problem("after_asset", f"must name a table as in trades/bronze, or the URI of an asset, not {text!r}")
    return tuple(dict.fromkeys(found))


def asset_of(pipeline: str, name: str, task: Table) -> str | None:
    """The URI of what a task puts in its place for others: a table, or the drugs' output."""
    if task.text("builtin") == "publish":
        return f"{SCHEME}{pipeline}/output.json"
    return f"{SCHEME}{pipeline}/{name}" if "write" in task.values else None


def kind_of(task: Table) -> str:
    """What a task is, in words: its builtin, SQL, or a copy of a table."""
    return task.text("builtin") or ("SQL" if "sql" in task.values else "copy")
