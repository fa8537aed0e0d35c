"""The binary as a process: copied, run, heard, ended, removed."""

import logging
import os
import signal
from pathlib import Path

import pytest
from conftest import gone
from pipeline_dag import process
from pipeline_dag.process import Ended, Process, environment_for, record, runnable


class Log:
    """Keeps what is logged, and does something at the line `ready`."""

    def __init__(self, at_ready=lambda: None):
        self.lines, self.at_ready = [], at_ready

    def log(self, level, pattern, text):
        self.lines.append((level, pattern % text))
        if text == "ready":
            self.at_ready()


def run(binary, log=None, arguments=(), environment=os.environ) -> Ended:
    return Process().run(str(binary), list(arguments), environment, log or Log())


def test_the_binary_runs_from_a_folder_that_is_read_only_and_knows_no_permission_to_execute(fake, calls):
    binary = fake(mode=0o444)
    binary.parent.chmod(0o555)
    before = binary.stat()
    assert run(binary, arguments=["run", "$(touch x)", "a b"]) == Ended(0, "")
    (call,) = calls()
    assert call["argv"][1:] == ["run", "$(touch x)", "a b"]
    copy = Path(call["argv"][0])
    assert copy.parent != binary.parent
    assert not copy.parent.exists(), "the copy is removed"
    after = binary.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert sorted(path.name for path in binary.parent.iterdir()) == ["pipeline"]


def test_only_the_owner_may_change_the_copy(fake):
    with runnable(str(fake(mode=0o400))) as copy:
        assert Path(copy).stat().st_mode & 0o777 == 0o755
        assert Path(copy).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("code", [0, 1, 2, 101])
def test_the_exit_code_is_handed_on(fake, code):
    assert run(fake(f"sys.exit({code})")).code == code


def test_a_signal_is_a_negative_code(fake):
    assert run(fake("os.kill(os.getpid(), signal.SIGKILL)")).code == -signal.SIGKILL


def test_the_log_of_the_binary_is_relayed_with_its_severities(fake):
    log = Log()
    run(
        fake(
            "print(json.dumps({'severity': 'WARNING', 'message': 'odd', 'code': 'odd-date', 'count': 3,"
            " 'time': 't', 'logging.googleapis.com/labels': {'run': 'r'}}), file=sys.stderr, flush=True)\n"
            "print('plain text', flush=True)"
        ),
        log,
    )
    assert log.lines == [(logging.WARNING, "odd (code=odd-date, count=3)"), (logging.INFO, "plain text")]


def test_the_last_error_is_the_reason(fake):
    code = (
        "for severity, message in (('ERROR', 'no such file'), ('INFO', 'bye')):\n"
        "    print(json.dumps({'severity': severity, 'message': message, 'hint': 'look'}), flush=True)\n"
        "sys.exit(2)"
    )
    assert run(fake(code)) == Ended(2, "no such file; hint: look")


def test_without_an_error_the_last_line_is_the_reason(fake):
    assert run(fake("print('first')\nprint('last')\nprint()\nsys.exit(1)")) == Ended(1, "last")


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        ('{"severity": "DEBUG", "message": "m"}', logging.DEBUG, "m"),
        ('{"severity": "CRITICAL", "message": "m"}', logging.ERROR, "m"),
        ('{"severity": {}, "message": "m"}', logging.ERROR, "m"),
        ('{"severity": "INFO", "message": "two\\nlines \\u001b[31m"}', logging.INFO, "two\\nlines \\x1b[31m"),
        ('{"severity": "INFO", "message": {"a": 1}}', logging.INFO, "{'a': 1}"),
        ('{"message": "m"}', logging.INFO, '{"message": "m"}'),
        ("[1]", logging.INFO, "[1]"),
        ("12", logging.INFO, "12"),
        ("{", logging.INFO, "{"),
        ("[" * 100_000, logging.INFO, "[" * 100_000),
    ],
)
def test_a_line_of_any_form_is_a_record(line, level, text):
    assert record(line) == (level, text)


def test_a_percent_sign_and_bad_utf8_are_logged_as_they_are(fake):
    log = Log()
    run(fake("sys.stdout.buffer.write(b'100%s \\xff\\n')"), log)
    assert log.lines == [(logging.INFO, "100%s \ufffd")]


WAITS = "print('ready', flush=True)\ntime.sleep(600)"
WILL_NOT_END = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WAITS}"


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("code", [WAITS, WILL_NOT_END])
def test_what_interrupts_the_task_ends_the_child_and_removes_the_copy(fake, calls, monkeypatch, code):
    """As Airflow's time limit does: a signal whose handler raises, while the child's output is waited for."""
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)

    def interrupt(*_):
        raise Interrupted

    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(Interrupted):
            run(fake(code), Log(lambda: signal.setitimer(signal.ITIMER_REAL, 0.05)))
    finally:
        signal.signal(signal.SIGALRM, former)
    (call,) = calls()
    assert gone(call["pid"])
    assert not Path(call["argv"][0]).parent.exists()


@pytest.mark.parametrize(("code", "how"), [(WAITS, signal.SIGTERM), (WILL_NOT_END, signal.SIGKILL)])
def test_a_child_that_is_stopped_ends(fake, calls, monkeypatch, code, how):
    """As Airflow 3 does: its handler of SIGTERM calls `on_kill` and goes on waiting."""
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    running = Process()
    assert running.run(str(fake(code)), [], os.environ, Log(running.stop)).code == -how
    (call,) = calls()
    assert gone(call["pid"])
    assert not Path(call["argv"][0]).parent.exists()


def test_a_process_stopped_before_it_began_ends_at_once(fake):
    stopped = Process()
    stopped.stop()
    assert stopped.run(str(fake("time.sleep(600)")), [], os.environ, Log()).code == -signal.SIGTERM


def test_a_missing_binary_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "absent")


def test_the_child_gets_our_environment_without_airflows_settings():
    given = environment_for("/dags", {"A": "1", "AIRFLOW__CORE__FERNET_KEY": "k", "PIPELINE_DAGS": "/other"})
    assert given == {"A": "1", "PIPELINE_DAGS": "/dags"}
