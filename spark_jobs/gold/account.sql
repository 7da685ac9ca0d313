/*
description = "Accounts of Dynamics 365 Sales, one row each."
primary_key = "accountid"

[inputs.account]
by = "Id"
newest_by = "versionnumber, _container"

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
  modifiedon
from account
