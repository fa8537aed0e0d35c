# syntax=docker/dockerfile:1
# The program has tables: four of the five DAGs need them. They take minutes to build, once.
# `docker build -t pipeline .` is the program alone, for the Kubernetes operator or any container platform;
# `--target airflow` is an Airflow that has it, for compose.yaml.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md ./
COPY src src
COPY dags dags
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --features tables && cp target/release/pipeline /pipeline

# The same Debian as that of the build, so that the binary finds its libc.
FROM apache/airflow:3.1.7-python3.11 AS airflow
COPY --from=build /pipeline /opt/pipeline/bin/pipeline
# A volume takes over the owner of the folder it is laid upon. Any user of group 0 may write, as everywhere in this image.
RUN mkdir --mode=0770 /opt/airflow/state

FROM debian:bookworm-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /pipeline /usr/local/bin/pipeline
WORKDIR /srv/pipeline
USER 65532:65532
# A container's first process does not hear SIGTERM unless it listens; a kill at any moment leaves the former output whole.
STOPSIGNAL SIGKILL
ENTRYPOINT ["pipeline"]
CMD ["--help"]
