#!/usr/bin/env bash
# Builds FlowLite and runs every test. What tests need and is missing is installed here by apt-get; today that is nothing.
# Usage: ./test.sh [arguments for dotnet test, e.g. --filter Triggers]
set -euo pipefail
cd "$(dirname "$0")"

results=artifacts/test-results
rm -rf "$results"

dotnet restore FlowLite.sln --locked-mode
dotnet build FlowLite.sln --configuration Release --no-restore
dotnet test FlowLite.sln --configuration Release --no-build --results-directory "$results" --logger "trx" "$@"
