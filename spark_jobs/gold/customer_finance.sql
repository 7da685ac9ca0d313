/*
description = "The finance history: one row for each state of a customer's finance data, for activities and trends."
primary_key = "finance_id"
rebuilt_by = "cid"

[semantic_types]
recorded_at = "Calendar.Date"

[inputs.customer_finance_history]
entity = "customer_finance"
history = true
by = '''trim(both ' \t\r\n\u00a0' from cid)'''
further_columns = true
columns = { cid = "string", income = "decimal(16,2)", spend = "decimal(16,2)" }
*/
select
  _key as finance_id,
  trim(both ' \t\r\n\u00a0' from cid) as cid,
  __START_AT.landed_at as recorded_at,
  __END_AT.landed_at as replaced_at,
  __END_AT is null as is_current,
  'FinanceRecorded' as activity_type,
  * except (cid, __START_AT, __END_AT, _landed_at, _record_number, _source_file, _key)
from customer_finance_history
where cid is not null
