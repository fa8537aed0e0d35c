"""The Airflow DAG of listings.toml. (Airflow looks for DAGs only in files that say both words.)"""

from pipeline_dag.build import build_dag

dag = build_dag(__file__)
