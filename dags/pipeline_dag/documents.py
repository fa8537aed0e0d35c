"""The documentation that Airflow's pages show, as Markdown; the file's texts in it are only text."""

import re

from pipeline_dag.declaration import Declaration, Task

SAFE = re.compile(r"[A-Za-z0-9 ,.;:?()/'-]")


def shown(text: str) -> str:
    """`text` with everything that Markdown, HTML or a template could take for its own written as an entity."""
    return "".join(c if SAFE.fullmatch(c) else f"&#{ord(c)};" for c in " ".join(text.split()))


def of_pipeline(pipeline: Declaration) -> str:
    """What the pipeline is, reads and does, and how to run it by hand."""
    lines = [
        shown(pipeline.description),
        "",
        f"**Schedule:** {shown(pipeline.schedule) + ' UTC' if pipeline.schedule else 'by hand'}. "
        "A run works on the date of its day, in UTC.",
        "",
        "| source | files |",
        "|---|---|",
        *(f"| `{shown_name(name)}` | {shown(', '.join(paths))} |" for name, paths in pipeline.sources.items()),
        "",
        "| task | what it is | runs after | description |",
        "|---|---|---|---|",
        *(
            f"| `{task.name}` | {shown(task.kind)} | {waits_for(task)} | {shown(task.description)} |"
            for task in pipeline.tasks
        ),
        "",
        "**Run it by hand:** the Trigger button, or",
        "",
        f"    pipeline trigger {pipeline.name} --watch",
        f"    airflow dags trigger {pipeline.name}",
        "",
        "Parameters of the pipeline file are set by the run's configuration:",
        "",
        '    {"set": {"key": "value"}}',
        "",
        "**A red task:** data that did not pass (exit code 1) and what can never pass as it was called (exit code 3) "
        "are not tried again; the log ends with the reason. "
        f"What could not go on (exit code 2) is tried {pipeline.retries + 1} times in all.",
        "",
        f"This page is made from {pipeline.name}.toml, beside the DAG's file.",
    ]
    return "\n".join(lines) + "\n"


def of_task(pipeline: Declaration, task: Task) -> str:
    """What the task is, and the command that does the same by hand."""
    upstream = f" It runs after {waits_for(task)}." if task.upstream else ""
    return (
        f"{shown(task.description)}\n\nThis is the task `{task.name}` ({shown(task.kind)}) of "
        f"{pipeline.name}.toml.{upstream} By hand:\n\n"
        f"    pipeline run {pipeline.name} --task {task.name} --date YYYY-MM-DD\n"
    )


def waits_for(task: Task) -> str:
    """What a task runs after, in words."""
    return "a task that has failed" if task.is_fallback else shown(", ".join(task.upstream)) or "-"


def shown_name(name: str) -> str:
    """A name fit for a code span, where entities are not read."""
    return re.sub(r"[^A-Za-z0-9_.-]", "?", name)
