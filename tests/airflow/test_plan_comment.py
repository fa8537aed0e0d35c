"""The comment on a pull request that shows the plan of an upload."""

import json
import subprocess
import sys

from conftest import REPOSITORY


def comment(tmp_path, **parts) -> str:
    plan = {"version": 1, "bucket": "b", "manifest": "1", "writes": [], "deletes": [], "conflicts": [], "diffs": []}
    (tmp_path / "plan.json").write_text(json.dumps(plan | parts))
    command = [sys.executable, REPOSITORY / "scripts" / "plan-comment", "dev", tmp_path / "plan.json"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_nothing_to_do_is_told(tmp_path):
    assert "Nothing: the bucket is as it should be." in comment(tmp_path)


def test_each_change_has_its_row_and_each_text_its_diff(tmp_path):
    said = comment(
        tmp_path,
        writes=[
            {"name": "dags/a.py", "bytes": 5, "crc32c": "00000000", "over": "7"},
            {"name": "data/b`|.csv", "bytes": 6, "crc32c": "00000000", "over": None},
        ],
        deletes=[{"name": "dags/c.py", "bytes": 7, "generation": "8"}],
        conflicts=["dags/d.py"],
        diffs=[{"name": "dags/a.py", "text": "-a\n+```\n"}],
    )
    assert "| replace | `dags/a.py` | 5 |" in said
    assert "| create | `data/b??.csv` | 6 |" in said
    assert "| delete | `dags/c.py` | 7 |" in said
    assert "| **conflict** | `dags/d.py` |  |" in said
    assert "````diff\n-a\n+```\n````" in said


def test_what_is_long_is_cut_to_what_a_comment_may_have(tmp_path):
    writes = [{"name": f"data/{i}.csv", "bytes": 1, "crc32c": "00000000", "over": None} for i in range(1000)]
    diffs = [{"name": f"dags/{i}.py", "text": "+x\n" * 5000} for i in range(20)]
    said = comment(tmp_path, writes=writes, diffs=diffs)
    assert len(said) < 65_000
    assert "and 960 more" in said
    assert "More changes are in the plan itself." in said
