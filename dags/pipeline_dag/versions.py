"""What Airflow 2.10, 3.1 and 3.3 name differently, each imported once from where that version wants it."""

try:
    from airflow.sdk import DAG, BaseOperator
except ImportError:  # Airflow 2
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.dag import DAG

try:
    from airflow.sdk import Asset
    from airflow.timetables.assets import AssetOrTimeSchedule
except ImportError:  # Airflow 2 calls them data sets
    from airflow.datasets import Dataset as Asset
    from airflow.timetables.datasets import DatasetOrTimeSchedule

    def AssetOrTimeSchedule(*, timetable, assets):
        return DatasetOrTimeSchedule(timetable=timetable, datasets=assets)


try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2, whose former place puts a warning into the log of every task
    from airflow.exceptions import AirflowException, AirflowFailException

__all__ = ["DAG", "AirflowException", "AirflowFailException", "Asset", "AssetOrTimeSchedule", "BaseOperator"]
