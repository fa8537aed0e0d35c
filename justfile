# What people type is what CI runs: `.ci/run` ends with `just ci`.
# Arguments after a recipe's name are handed on, quoted as they were: `just test missing_title`.

set positional-arguments

# Lists the recipes
default:
    @{{ quote(just_executable()) }} --list --unsorted --justfile {{ quote(justfile()) }}

# Formats the code
fmt:
    cargo fmt --all

# Fails when the code is not formatted
fmt-check:
    cargo fmt --all --check

# Runs clippy on everything: as it comes, bare, with tables; a warning is an error
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --all-targets --locked --no-default-features -- -D warnings
    cargo clippy --all-targets --locked --features tables -- -D warnings

# What `cargo test` runs; the doc tests go first, so that the runner's summary is the last line
test *args:
    cargo test --locked --doc "$@"
    cargo test --locked --lib --bins --tests "$@"

# Builds the documentation as it comes and with tables; a broken link is an error
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --features tables

# Checks licences, bans, sources and advisories of the dependencies of every feature (`--require`)
deny *args:
    scripts/deny "$@"

# Runs the drugs pipeline on `data/`
run *args:
    cargo run --release --locked -- run "$@"

# Measures speed and memory
bench *args:
    scripts/bench "$@"

# Checks terraform/: format, validate, tests, faults that must be found, checkov (`--require`, `--offline`)
terraform-check *args:
    scripts/terraform-check "$@"

# Checks the workflows of GitHub Actions (`--require`)
workflows-check *args:
    scripts/workflows-check "$@"

# Starts a local Airflow, 3.3, 3.1 or 2.10, with our DAGs; prints its address, user and password
airflow *args:
    scripts/airflow start "$@"

# Tests the DAGs with Airflow 3.3, 3.1 or 2.10, which it installs under `target/`
airflow-test *args:
    scripts/airflow test "$@"

# Fails when Python is not formatted or ruff finds fault with it; `--fix` mends
lint-python *args:
    scripts/airflow lint "$@"

# Builds target/dist/pipeline, a Linux binary for glibc 2.17; `upload` takes it from there
dist *args:
    scripts/dist "$@"

# A storage server on loopback that speaks Google's protocol: `install`, or `start [HOST:PORT]`
fake-gcs *args:
    scripts/fake-gcs "$@"

# Measures the stages of a run by themselves: reading, matching, writing
bench-stages *args:
    cargo bench --locked -p pipeline-benches --bench stages -- "$@"

# Uploads beside `gcloud storage rsync`, in seconds
bench-upload *args:
    scripts/bench-upload "$@"

# 200 kills of upload and fetch each, at random moments (CI does with 10)
kills:
    scripts/fake-gcs install
    PIPELINE_KILLS=200 PIPELINE_TEST_ALL=1 cargo test --locked --test it -- --nocapture emulator::a_kill

# Two uploads at 31 distances from 0 to 3 s, the first killed or not (CI does with 10)
offsets:
    PIPELINE_OFFSETS=31 cargo test --locked --test it -- --nocapture two_uploads_at_any_distance

# Tests the program without Google Cloud
test-minimal:
    cargo test --locked --no-default-features --lib --bins --tests

# Tests the program with tables: DataFusion is built once, which takes minutes; the doc tests go first
test-tables *args:
    cargo test --locked --features tables --doc "$@"
    cargo test --locked --features tables --lib --bins --tests "$@"

# Runs what CI runs; the tests come last, so that their summary ends the output
ci: fmt-check && ci-checks ci-tests
    scripts/fake-gcs install
    scripts/moto install
    cargo test --locked --features tables --lib --bins --tests --no-run

# Three lanes, since what is not cargo mostly waits for something
[private]
[parallel]
ci-checks: ci-cargo ci-deploy ci-airflow

[private]
ci-cargo: lint doc deny

[private]
ci-deploy: workflows-check terraform-check

[private]
ci-airflow: lint-python (ci-airflow-of "3.3") (ci-airflow-of "2.10")

[private]
ci-airflow-of version:
    PIPELINE_TEST_ALL=1 PIPELINE_TEST_BINARY="$(realpath "${CARGO_TARGET_DIR:-target}")/debug/pipeline" scripts/airflow test {{ quote(version) }}

[private]
ci-tests:
    cargo test --locked --features tables --doc
    PIPELINE_TEST_ALL=1 cargo test --locked --features tables --lib --bins --tests
    cargo test --locked --no-default-features --lib --bins --tests
    cargo test --locked --doc
    PIPELINE_TEST_ALL=1 cargo test --locked --lib --bins --tests
