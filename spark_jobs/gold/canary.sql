/*
description = "The newest check of the deployment, one row; there only where `python -m deploy check` ever sent a canary."
primary_key = "check_name"

[inputs.canary]
by = "check_name"
columns = { check_name = "string", landed_at = "timestamp" }
*/
select
  check_name,
  landed_at
from canary
where check_name is not null
