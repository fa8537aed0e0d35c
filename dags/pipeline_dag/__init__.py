"""Makes an Airflow DAG of a pipeline file.

The file is read as data: none of its text becomes code, a shell command or a template. Imports are absolute, so that
these modules do no harm where Airflow takes them for DAG files.
"""
