#!/usr/bin/env bash
# Builds FlowLite and runs every test. What tests need and is missing is installed here by apt-get: Chromium for the browser tests,
# Tryton as the CRM of its connector, PostgreSQL for those of its connections. (Azurite, for the Azure Table connector, is installed
# by its tests with npm.)
# Usage: ./test.sh [arguments for dotnet test, e.g. --filter Triggers]
set -euo pipefail
cd "$(dirname "$0")"

missing=()
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    missing+=(chromium)
fi
if ! command -v trytond >/dev/null || [ ! -d /usr/lib/python3/dist-packages/trytond/modules/sale_opportunity ]; then
    missing+=(tryton-server tryton-modules-sale-opportunity)
fi
# With it Tryton looks at telephone numbers, as it does where Debian installs what it recommends.
if [ ! -d /usr/lib/python3/dist-packages/phonenumbers ]; then
    missing+=(python3-phonenumbers)
fi
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    missing+=(postgresql)
fi
if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing for the tests: ${missing[*]}"
    as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

results=artifacts/test-results
rm -rf "$results"

dotnet restore FlowLite.sln --locked-mode
dotnet build FlowLite.sln --configuration Release --no-restore
# Tests are short-lived and mostly compile themselves: without what only pays in the long run they take little more than half the time.
export DOTNET_TieredPGO=0 DOTNET_EnableWriteXorExecute=0
# One project at a time: the browser and what the functional tests start would fight for two cores.
dotnet test FlowLite.sln -maxcpucount:1 --configuration Release --no-build --results-directory "$results" --logger "trx" "$@"
