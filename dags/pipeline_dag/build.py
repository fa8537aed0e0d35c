"""Makes the DAG: one task a task of the pipeline file, the same on Airflow 2.10 and 3."""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.timetables.trigger import CronTriggerTimetable

from pipeline_dag import documents
from pipeline_dag.command import ConfError, PlaceError, arguments, places, shown
from pipeline_dag.declaration import FALLBACK, Declaration, PipelineFileError, read_declaration
from pipeline_dag.process import Process, environment_for

try:
    from airflow.sdk import DAG, BaseOperator
except ImportError:  # Airflow 2
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.dag import DAG

log = logging.getLogger(__name__)


class PipelineOperator(BaseOperator):
    """Runs one task of a pipeline. It has no templated field, so that no text of a file or a trigger is rendered."""

    template_fields = ()
    ui_color = "#dbe9f4"

    def __init__(self, *, pipeline: str, task: str, folder: str, **rest) -> None:
        super().__init__(**rest)
        self.pipeline, self.pipeline_task, self.folder = pipeline, task, folder
        self.process: Process | None = None

    def execute(self, context) -> None:
        self.process = Process()
        try:
            at = places(self.pipeline, os.environ)
            given = arguments(self.pipeline, self.pipeline_task, day_of(context), at, context["dag_run"].conf)
        except ConfError as error:  # the next try would have the same configuration
            raise AirflowFailException(str(error)) from error
        except PlaceError as error:
            raise AirflowException(str(error)) from error
        self.log.info("%s %s", at.binary, shown(given))
        try:
            ended = self.process.run(at.binary, given, environment_for(self.folder), self.log)
        except OSError as error:
            hint = "PIPELINE_BIN says where the binary is, TMPDIR where its copy may be executed"
            raise AirflowException(f"cannot run {at.binary}: {error}; hint: {hint}") from error
        if ended.code == 1:  # the data did not pass, and will not the next time
            raise AirflowFailException(ended.message or "the data did not pass")
        if ended.code == 3:  # it can never pass as it was called
            raise AirflowFailException(ended.message or "it can never pass as it was called")
        if ended.code == 0 and self.pipeline_task == FALLBACK:
            # It stands behind all tasks, so that Airflow takes its state for the run's.
            raise AirflowFailException("the fallback is done; the run has failed, for a task of it has")
        if ended.code != 0:
            how = f"was ended by signal {-ended.code}" if ended.code < 0 else f"ended with exit code {ended.code}"
            raise AirflowException(f"task `{self.pipeline_task}` of `{self.pipeline}` {how}: {ended.message}")

    def on_kill(self) -> None:
        if self.process:
            self.process.stop()


def day_of(context) -> str:
    """The day a run is for, in UTC: of its logical date, or of its start where it has none (by hand, Airflow 3)."""
    moment = context.get("logical_date") or getattr(context["dag_run"], "run_after", None) or datetime.now(UTC)
    return moment.astimezone(UTC).date().isoformat()


def report_task(context) -> None:
    """Logs one line about a task that failed, after its last try."""
    task = context["task_instance"]
    report(context, "the pipeline's task failed", task.task_id, task.try_number, context.get("exception"))


def report_run(context) -> None:
    """Logs one line about a run that failed. The task that Airflow hands in is any of the run's, not that at fault."""
    report(context, "the pipeline's run failed", None, None, context.get("reason"))


def report(context, message: str, task: str | None, try_number: int | None, cause: object) -> None:
    """Logs a failure as one line of JSON, for an alert to look for."""
    run = context["dag_run"]
    date = getattr(run, "logical_date", None)
    line = {
        "severity": "ERROR",
        "message": message,
        "pipeline": run.dag_id,
        "task": task,
        "run": run.run_id,
        "date": date.isoformat() if date else None,
        "try_number": try_number,
        "exception": str(cause) if cause else None,
    }
    log.error("%s", json.dumps(line))


def timetable(pipeline: Declaration, file: Path) -> CronTriggerTimetable | None:
    """The run that starts on a day is the run of that day, on Airflow 2 as on 3; a bare cron differs there."""
    if pipeline.schedule is None:
        return None
    try:
        found = CronTriggerTimetable(pipeline.schedule, timezone="UTC")
        found.validate()
    except Exception as error:  # whatever the cron library raises, it is about this key
        raise PipelineFileError(
            f"{file}: `schedule` must be a cron line, not {pipeline.schedule!r}: {error}"
        ) from error
    return found


def build_dag(dag_file: str) -> DAG:
    """The DAG of the pipeline file that stands beside `dag_file` and has its name."""
    file = Path(dag_file).absolute().with_suffix(".toml")
    pipeline = read_declaration(file)
    dag = DAG(
        dag_id=pipeline.name,
        description=pipeline.description,
        schedule=timetable(pipeline, file),
        start_date=pipeline.start,
        catchup=pipeline.catchup,
        max_active_runs=pipeline.max_active_runs,
        dagrun_timeout=pipeline.longest_run(),
        is_paused_upon_creation=False,
        on_failure_callback=report_run,
        doc_md=documents.of_pipeline(pipeline),
        tags=list(pipeline.tags),
    )
    operators = {
        task.name: PipelineOperator(
            pipeline=pipeline.name,
            task=task.name,
            folder=str(file.parent),
            dag=dag,
            task_id=task.name,
            owner="pipeline",
            retries=pipeline.retries,
            retry_delay=pipeline.retry_delay,
            execution_timeout=pipeline.timeout,
            # What failed before it is reported; that it has run is no failure of its own.
            on_failure_callback=None if task.is_fallback else report_task,
            trigger_rule="one_failed" if task.is_fallback else "all_success",
            doc_md=documents.of_task(pipeline, task),
        )
        for task in pipeline.tasks
    }
    for task in pipeline.tasks:
        operators[task.name].set_upstream([operators[name] for name in task.upstream])
    return dag
