"""Where a task's data is, and the arguments it is run with: a list, so that nothing in it can be a command."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

COMPOSER_DATA = "/home/airflow/gcs/data"
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ConfError(ValueError):
    """The configuration that a run was triggered with cannot be used."""


class PlaceError(ValueError):
    """No environment variable says where results go."""


@dataclass(frozen=True)
class Places:
    """Where a pipeline's data, result and binary are."""

    data: str
    out: str
    binary: str


def places(pipeline: str, environment: Mapping[str, str]) -> Places:
    """Finds them: Composer's folders, or what the variables PIPELINE_DATA, PIPELINE_OUT and PIPELINE_BIN say."""
    data = environment.get("PIPELINE_DATA") or COMPOSER_DATA
    out = environment.get("PIPELINE_OUT")
    if not out:
        bucket = environment.get("GCS_BUCKET")
        if not bucket:
            raise PlaceError("nothing says where results go: set PIPELINE_OUT, or GCS_BUCKET as Composer does")
        out = f"gs://{bucket}/data"
    data, out = data.rstrip("/"), out.rstrip("/")
    binary = environment.get("PIPELINE_BIN") or f"{data}/bin/pipeline"
    if pipeline == "drugs":  # the first pipeline: its files lie in the folders themselves
        return Places(data, f"{out}/output.json", binary)
    return Places(f"{data}/{pipeline}", f"{out}/{pipeline}/", binary)


def settings(conf: Mapping | None) -> list[str]:
    """The arguments for `{"set": {"key": "value"}}`, the configuration that a run may be triggered with."""
    unknown = sorted(str(key) for key in (conf or {}) if key != "set")
    if unknown:
        raise ConfError(f"the configuration has the unknown key {unknown[0]!r}; it knows `set` alone")
    values = (conf or {}).get("set") or {}
    if not isinstance(values, Mapping):
        raise ConfError(f"`set` must be an object of keys and values, not {values!r}")
    arguments = []
    for key, value in values.items():
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise ConfError(f"`set` has the key {key!r}; a key is letters, digits and `_`, no digit first")
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise ConfError(f"`set` has {value!r} for `{key}`; a value is a string, a number, true or false")
        if "\0" in str(value):
            raise ConfError(f"`set` has a NUL character in the value of `{key}`")
        arguments += ["--set", f"{key}={value}"]
    return arguments


def arguments(pipeline: str, task: str, day: str, at: Places, conf: Mapping | None) -> list[str]:
    """What stands behind the program's name."""
    chosen = ["--task", task, "--date", day, "--data", at.data, "--out", at.out, "--log-format", "json"]
    return ["run", pipeline, *chosen, *settings(conf)]


def shown(given: list[str]) -> str:
    """The arguments as the log shows them: a value that was set may be a password."""
    hidden = [
        argument.split("=")[0] + "=..." if before == "--set" else argument
        for before, argument in zip(["", *given], given, strict=False)
    ]
    return " ".join(hidden)
