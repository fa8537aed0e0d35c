"""The look for newer images of Composer, on an answer as the API gives it."""

import json
import subprocess
import sys

import pytest
from conftest import REPOSITORY

OFFERED = ["composer-3-airflow-3.3.1-build.2", "composer-3-airflow-3.3.1", "composer-3-airflow-3.1.7-build.9"]
OFFERED += ["composer-3-airflow-2.10.5-build.20", "composer-3-airflow-3", "composer-2.9.7-airflow-2.9.3"]


@pytest.mark.parametrize(
    ("image", "code", "said"),
    [
        ("composer-3-airflow-3.3.1", 0, "is the newest"),
        ("composer-3-airflow-3.3.1-build.2", 0, "is the newest"),
        ("composer-3-airflow-3.3.1-build.1", 1, "is behind 3.3.1"),
        ("composer-3-airflow-3.1.6", 1, "is behind 3.1.7; there is Airflow 3.3, too"),
        ("composer-3-airflow-3.1.7", 0, "there is Airflow 3.3, too"),
        ("composer-3-airflow-2.10.5", 0, "is the newest"),
        ("composer-3-airflow-3", 2, "is not pinned"),
    ],
)
def test_a_newer_image_is_told(tmp_path, image, code, said):
    (tmp_path / "images.json").write_text(json.dumps({"imageVersions": [{"imageVersionId": one} for one in OFFERED]}))
    (tmp_path / "dev.tfvars").write_text(f'environment = "dev"\nimage_version = "{image}"\n')
    command = [
        sys.executable,
        REPOSITORY / "scripts" / "newer-image",
        tmp_path / "images.json",
        tmp_path / "dev.tfvars",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done


def test_every_environment_pins_its_image():
    files = sorted((REPOSITORY / "terraform" / "environments").glob("*.tfvars"))
    images = REPOSITORY / "terraform" / "environments"
    assert len(files) == 3
    for file in files:
        assert 'image_version = "composer-3-airflow-' in file.read_text(), images
