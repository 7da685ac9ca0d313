#!/bin/sh
# After `azd deploy`: Databricks, event subscriptions, smoke test. May be repeated: azd hooks run postdeploy
set -eu
cd "$(dirname "$0")/../.."
exec "${PYTHON:-python3}" -m deploy deployed
