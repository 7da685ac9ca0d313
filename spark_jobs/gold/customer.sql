-- One row for each customer, whether or not it has finance data, with the newest figures of its finance data.
-- primary key: cid
-- input: customer (Id, cid, versionnumber bigint, firstname, lastname, name, gender, email, telephone, country, city, state, postcode, streetaddress, dateofbirth, statecode_label, createdon, modifiedon) by coalesce(nullif(trim(cid), ''), Id) newest by versionnumber, Id
-- optional input: customer_finance (cid, income decimal(16,2), spend decimal(16,2), ...) by trim(cid) newest by _landed_at, _record_number, _source_file
select
  coalesce(nullif(trim(c.cid), ''), c.Id) as cid,
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
  f.* except (cid, _landed_at, _record_number, _source_file)
from customer c
left join customer_finance f on trim(f.cid) = coalesce(nullif(trim(c.cid), ''), c.Id)
