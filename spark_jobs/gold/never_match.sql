/*
description = "Pairs that no rule makes one profile, for a custom match condition; there only where a file of them landed."
primary_key = "Pair"

[inputs.never_match]
by = "concat_ws('|', trim(table1), trim(table1key), trim(table2), trim(table2key))"
newest_by = "_landed_at, _record_number"
columns = { table1 = "string", table1key = "string", table2 = "string", table2key = "string" }
*/
select
  concat_ws('|', trim(table1), trim(table1key), trim(table2), trim(table2key)) as Pair,
  trim(table1) as Table1,
  trim(table1key) as Table1Key,
  trim(table2) as Table2,
  trim(table2key) as Table2Key
from never_match
where table1 is not null and table1key is not null and table2 is not null and table2key is not null
