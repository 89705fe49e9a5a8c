#!/usr/bin/env bash
# For maintainers with uv: re-make the two lock files from pyproject.toml. Names, versions, markers and hashes only, no address.
set -euo pipefail
cd "$(dirname "$0")/.."
uv lock --upgrade
export_lock() {
  uv export --quiet --format requirements-txt --no-emit-project --no-header --no-annotate --no-dev --group build "$@"
}
export_lock -o requirements.lock
export_lock --group test --group check --extra postgres --extra server --extra vault --extra aws --extra pkcs11 -o requirements-dev.lock
