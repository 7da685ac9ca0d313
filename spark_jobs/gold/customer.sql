-- One row for each customer, whether or not it has finance data, with the newest figures of its finance data.
-- primary key: cid
-- input: customer (Id, cid, versionnumber bigint, firstname, lastname, name, gender, email, telephone, country, city, state, postcode, streetaddress, dateofbirth, statecode_label, createdon, modifiedon) by coalesce(nullif(trim(cid), ''), Id)
-- optional input: customer_finance (cid, income decimal(16,2), spend decimal(16,2), ...) by trim(cid)
with ranked_customers as (
  select
    *,
    coalesce(nullif(trim(cid), ''), Id) as customer_id,
    row_number() over (
      partition by coalesce(nullif(trim(cid), ''), Id) order by versionnumber desc, Id
    ) as place
  from customer
),
ranked_finance as (
  select
    *,
    trim(cid) as customer_id,
    row_number() over (partition by trim(cid) order by _landed_at desc, _record_number desc, _source_file) as place
  from customer_finance
)
select
  c.customer_id as cid,
  c.firstname,
  c.lastname,
  c.name,
  c.gender,
  c.email,
  c.telephone,
  c.country,
  c.city,
  c.state,
  c.postcode,
  c.streetaddress,
  coalesce(cast(try_cast(c.dateofbirth as date) as string), c.dateofbirth) as dateofbirth,
  c.statecode_label,
  f.* except (cid, customer_id, place, _landed_at, _record_number, _source_file)
from (select * from ranked_customers where place = 1) c
left join (select * from ranked_finance where place = 1) f on f.customer_id = c.customer_id
