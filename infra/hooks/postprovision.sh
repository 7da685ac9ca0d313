#!/bin/sh
# After `azd provision`: secrets that have no value yet. May be repeated: azd hooks run postprovision
set -eu
cd "$(dirname "$0")/../.."
exec "${PYTHON:-python3}" -m deploy provisioned
