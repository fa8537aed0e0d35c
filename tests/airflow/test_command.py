"""Where data is, and what a task is run with."""

import pytest
from pipeline_dag.command import ConfError, PlaceError, Places, arguments, places, settings, shown

NASTY = ["{{ 1/0 }}", "$(touch x)", "`touch x`", "'; rm -rf /", "--out /etc", "a=b", "", "zwei Wörter\n", "%s"]
AT = Places("/data", "/out/output.json", "/bin/pipeline")


def test_composers_folders_are_the_default():
    assert places("drugs", {"GCS_BUCKET": "b"}) == Places(
        "/home/airflow/gcs/data", "gs://b/data/output.json", "/home/airflow/gcs/data/bin/pipeline"
    )
    assert places("trades", {"GCS_BUCKET": "b"}) == Places(
        "/home/airflow/gcs/data/trades", "gs://b/data/trades/", "/home/airflow/gcs/data/bin/pipeline"
    )


def test_variables_say_otherwise():
    said = {"GCS_BUCKET": "b", "PIPELINE_DATA": "/d/", "PIPELINE_OUT": "/o/", "PIPELINE_BIN": "/p"}
    assert places("drugs", said) == Places("/d", "/o/output.json", "/p")
    assert places("trades", said) == Places("/d/trades", "/o/trades/", "/p")
    assert places("drugs", {**said, "PIPELINE_BIN": ""}).binary == "/d/bin/pipeline"


def test_without_any_place_for_results_the_task_says_so():
    with pytest.raises(PlaceError, match="PIPELINE_OUT"):
        places("drugs", {"PIPELINE_OUT": ""})


def test_the_arguments_are_those_of_one_task_of_one_day():
    assert arguments("drugs", "graph", "2026-01-02", AT, None) == [
        *("run", "drugs", "--task", "graph", "--date", "2026-01-02"),
        *("--data", "/data", "--out", "/out/output.json", "--log-format", "json"),
    ]


def test_settings_follow_the_other_arguments():
    given = arguments("drugs", "graph", "2026-01-02", AT, {"set": {"a": "b", "n": 1.5, "on": True, "off": False}})
    assert given[-8:] == ["--set", "a=b", "--set", "n=1.5", "--set", "on=true", "--set", "off=false"]


@pytest.mark.parametrize("value", NASTY)
def test_a_value_stays_one_argument_as_it_is(value):
    assert settings({"set": {"key": value}}) == ["--set", f"key={value}"]


@pytest.mark.parametrize("conf", [None, {}, {"set": {}}, {"set": None}])
def test_no_settings_are_no_arguments(conf):
    assert settings(conf) == []


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        ({"sets": {}}, "unknown key 'sets'"),
        ({"set": ["a"]}, "must be an object"),
        ({"set": "a=b"}, "must be an object"),
        ({"set": {"a": None}}, "has None for `a`"),
        ({"set": {"a": ["b"]}}, "for `a`"),
        ({"set": {"a": "b\0c"}}, "NUL"),
        *(({"set": {key: "v"}}, "has the key") for key in ("", "1a", "a-b", "a=b", "--task", "a b", "a\n", "é", 1)),
    ],
)
def test_a_configuration_that_is_none_is_refused(conf, message):
    with pytest.raises(ConfError, match=message):
        settings(conf)


def test_a_value_that_was_set_is_not_logged():
    given = arguments("drugs", "graph", "2026-01-02", AT, {"set": {"database": "postgres://u:secret=1@h/d"}})
    assert shown(given).endswith("--log-format json --set database=...")
    assert shown(given).startswith("run drugs --task graph")
