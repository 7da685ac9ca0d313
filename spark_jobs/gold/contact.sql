/*
description = "Contacts of Dynamics 365 Sales, one row each, with the name of their account where it is known."
primary_key = "contactid"

[inputs.contact]
by = "Id"
newest_by = "versionnumber, _container"

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
  c.modifiedon
from contact c
left join account a on a.Id = c.parentcustomerid and a._container = c._container
