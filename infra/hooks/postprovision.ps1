# After `azd provision`: secrets that have no value yet. May be repeated: azd hooks run postprovision
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
$python = if ($env:PYTHON) { $env:PYTHON } else { 'python' }
& $python -m deploy provisioned
exit $LASTEXITCODE
