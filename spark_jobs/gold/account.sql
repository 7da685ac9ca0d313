-- Accounts of Dynamics 365 Sales, one row each.
-- primary key: accountid
-- input: account (Id, name, accountnumber, customertypecode_label, industrycode_label, emailaddress1, telephone1, websiteurl, address1_line1, address1_city, address1_stateorprovince, address1_postalcode, address1_country, revenue decimal(16,2), numberofemployees bigint, statecode_label, createdon timestamp, modifiedon timestamp) by Id
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
