# After `azd deploy`: Databricks, event subscriptions, smoke test. May be repeated: azd hooks run postdeploy
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
$python = if ($env:PYTHON) { $env:PYTHON } else { 'python' }
& $python -m deploy deployed
exit $LASTEXITCODE
