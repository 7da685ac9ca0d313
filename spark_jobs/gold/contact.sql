-- Contacts of Dynamics 365 Sales, one row each, with the name of their account where it is known.
-- primary key: contactid
-- input: contact (Id, fullname, firstname, lastname, jobtitle, gendercode_label, emailaddress1, telephone1, mobilephone, birthdate, address1_line1, address1_city, address1_stateorprovince, address1_postalcode, address1_country, parentcustomerid, statecode_label, createdon timestamp, modifiedon timestamp) by Id
-- optional input: account (Id, name)
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
left join account a on a.Id = c.parentcustomerid
