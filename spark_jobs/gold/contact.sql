/*
description = "Contacts of Dynamics 365 Sales, one row each, with the name of their account where it is known."
primary_key = "contactid"

[semantic_types]
fullname = "Person.FullName"
firstname = "Person.FirstName"
lastname = "Person.LastName"
gendercode_label = "Person.Gender"
birthdate = "Person.BirthDate"
email_normalised = "Identity.Service.Email"
phone_e164 = "Identity.Service.Phone"
mobilephone_e164 = "Identity.Service.Phone"
address1_line1 = "Location.Address"
address1_city = "Location.City"
address1_stateorprovince = "Location.State"
address1_postalcode = "Location.PostalCode"
address1_country = "Location.Country"
source_modified_at = "Calendar.Date"

[inputs.contact]
by = "Id"
newest_by = "versionnumber, _container"
phones = { phone_e164 = "telephone1", mobilephone_e164 = "mobilephone" }

[inputs.contact.columns]
Id = "string"
_container = "string"
versionnumber = "bigint"
fullname = "string"
firstname = "string"
lastname = "string"
jobtitle = "string"
gendercode_label = "string"
emailaddress1 = "string"
telephone1 = "string"
mobilephone = "string"
birthdate = "string"
address1_line1 = "string"
address1_city = "string"
address1_stateorprovince = "string"
address1_postalcode = "string"
address1_country = "string"
parentcustomerid = "string"
statecode_label = "string"
createdon = "timestamp"
modifiedon = "timestamp"

[inputs.account]
optional = true
columns = { Id = "string", _container = "string", name = "string" }
*/
select
  c.Id as contactid,
  c.fullname,
  c.firstname,
  c.lastname,
  c.jobtitle,
  c.gendercode_label,
  c.emailaddress1,
  c.telephone1,
  c.mobilephone,
  coalesce(cast(try_cast(c.birthdate as date) as string), c.birthdate) as birthdate,
  c.address1_line1,
  c.address1_city,
  c.address1_stateorprovince,
  c.address1_postalcode,
  c.address1_country,
  c.parentcustomerid as accountid,
  a.name as accountname,
  c.statecode_label,
  c.createdon,
  c.modifiedon,
  nullif(lower(regexp_extract(c.emailaddress1, r'^[\s\p{Z}]*([^@,;<>\s\p{Z}]+@[^@,;<>\s\p{Z}]+)[\s\p{Z}]*$', 1)), '') as email_normalised,
  c.phone_e164,
  c.mobilephone_e164,
  c.modifiedon as source_modified_at
from contact c
left join account a on a.Id = c.parentcustomerid and a._container = c._container
