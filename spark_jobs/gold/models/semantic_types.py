"""Semantic types: what a column means, in Customer Insights' words, and the trait of the Common Data Model that says the same.

A model's header gives them by Customer Insights' word; the entity document carries the trait, since the model knows no other
way to say it. The words of names, addresses, e-mail and dates are documented, the others follow the same pattern (reference:
Customer Insights, section 8); the traits are those of `foundations.cdm.json`. Whether Customer Insights takes them over or has
a person choose again is not known, so that nothing depends on it.
"""

from __future__ import annotations

from typing import Final

#: Word -> trait.
TRAITS: Final = {
    "Person.FirstName": "means.identity.person.firstName",
    "Person.LastName": "means.identity.person.lastName",
    "Person.FullName": "means.identity.person.fullName",
    "Person.Gender": "means.demographic.gender",
    "Person.BirthDate": "means.demographic.birthDate",
    "Identity.Company.Name": "means.identity.company.name",
    "Identity.Service.Email": "means.identity.service.email",
    "Identity.Service.Phone": "means.identity.service.phone",
    "Location.Address": "means.location.address",
    "Location.City": "means.location.city",
    "Location.Country": "means.location.country",
    "Location.PostalCode": "means.location.postalCode",
    "Location.State": "means.location.stateOrProvince",
    "Calendar.Date": "means.calendar",
}
#: How a trait that says what a column means begins.
MEANS: Final = "means."
#: Trait -> the formats of the Common Data Model that can hold it; text where it is not named.
_FORMATS: Final = {
    "means.calendar": frozenset({"Date", "DateTime", "DateTimeOffset"}),
    "means.demographic.birthDate": frozenset({"String", "Date", "DateTime", "DateTimeOffset"}),
}


def holds(trait: str, form: str) -> bool:
    """Say whether a column of a data format can hold what a trait says that it means."""
    return form in _FORMATS.get(trait, {"String"})
