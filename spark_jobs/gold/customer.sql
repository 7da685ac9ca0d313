/*
description = "One row for each customer, whether or not it has finance data, with the newest figures of its finance data."
primary_key = "cid"

[semantic_types]
firstname = "Person.FirstName"
lastname = "Person.LastName"
name = "Person.FullName"
gender = "Person.Gender"
dateofbirth = "Person.BirthDate"
email_normalised = "Identity.Service.Email"
phone_e164 = "Identity.Service.Phone"
streetaddress = "Location.Address"
city = "Location.City"
state = "Location.State"
postcode = "Location.PostalCode"
country = "Location.Country"
source_modified_at = "Calendar.Date"

[inputs.customer]
by = '''coalesce(nullif(trim(both ' \t\r\n\u00a0' from cid), ''), Id)'''
newest_by = "versionnumber, Id, _container"
phones = { phone_e164 = "telephone" }

[inputs.customer.columns]
Id = "string"
_container = "string"
cid = "string"
versionnumber = "bigint"
firstname = "string"
lastname = "string"
name = "string"
gender = "string"
email = "string"
telephone = "string"
country = "string"
city = "string"
state = "string"
postcode = "string"
streetaddress = "string"
dateofbirth = "string"
statecode_label = "string"
createdon = "string"
modifiedon = "timestamp"

[inputs.customer_finance]
optional = true
by = '''trim(both ' \t\r\n\u00a0' from cid)'''
newest_by = "_landed_at, _record_number, _source_file"
further_columns = true
columns = { cid = "string", income = "decimal(16,2)", spend = "decimal(16,2)" }
*/
select
  coalesce(nullif(trim(both ' \t\r\n\u00a0' from c.cid), ''), c.Id) as cid,
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
  nullif(lower(regexp_extract(c.email, r'^[\s\p{Z}]*([^@,;<>\s\p{Z}]+@[^@,;<>\s\p{Z}]+)[\s\p{Z}]*$', 1)), '') as email_normalised,
  c.phone_e164,
  c.modifiedon as source_modified_at,
  f.* except (cid, _landed_at, _record_number, _source_file, _key)
from customer c
left join customer_finance f on trim(both ' \t\r\n\u00a0' from f.cid) = coalesce(nullif(trim(both ' \t\r\n\u00a0' from c.cid), ''), c.Id)
