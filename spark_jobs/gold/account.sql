/*
description = "Accounts of Dynamics 365 Sales, one row each."
primary_key = "accountid"

[semantic_types]
name = "Identity.Company.Name"
email_normalised = "Identity.Service.Email"
phone_e164 = "Identity.Service.Phone"
address1_line1 = "Location.Address"
address1_city = "Location.City"
address1_stateorprovince = "Location.State"
address1_postalcode = "Location.PostalCode"
address1_country = "Location.Country"
source_modified_at = "Calendar.Date"

[inputs.account]
by = "Id"
newest_by = "versionnumber, _container"
phones = { phone_e164 = "telephone1" }

[inputs.account.columns]
Id = "string"
_container = "string"
versionnumber = "bigint"
name = "string"
accountnumber = "string"
customertypecode_label = "string"
industrycode_label = "string"
emailaddress1 = "string"
telephone1 = "string"
websiteurl = "string"
address1_line1 = "string"
address1_city = "string"
address1_stateorprovince = "string"
address1_postalcode = "string"
address1_country = "string"
revenue = "decimal(16,2)"
numberofemployees = "bigint"
statecode_label = "string"
createdon = "timestamp"
modifiedon = "timestamp"
*/
select
  Id as accountid,
  name,
  accountnumber,
  customertypecode_label,
  industrycode_label,
  emailaddress1,
  telephone1,
  websiteurl,
  address1_line1,
  address1_city,
  address1_stateorprovince,
  address1_postalcode,
  address1_country,
  revenue,
  numberofemployees,
  statecode_label,
  createdon,
  modifiedon,
  nullif(lower(regexp_extract(emailaddress1, r'^[\s\p{Z}]*([^@,;<>\s\p{Z}]+@[^@,;<>\s\p{Z}]+)[\s\p{Z}]*$', 1)), '') as email_normalised,
  phone_e164,
  modifiedon as source_modified_at
from account
