"""The model of `insights.toml`: what may stand in it, in Customer Insights' own words, and what it stands for if left out.

Reading, its errors and `insights.schema.json`, by which editors complete and check the file, all come from these types. What is
documented of each says reference: Customer Insights, sections 8 and 9.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="a letter, then letters, digits and `_`")]
Title = Annotated[str, Field(min_length=1, description="as people call it; distinct among its kind")]
Whole = Annotated[int, Field(ge=0, description="a whole number that is not negative")]

Normalisation = Literal[
    "numerals", "symbols", "lower_case", "phone", "name", "address", "organization", "ascii", "whitespace", "alias", "bypass",
]  # fmt: skip
PRECISIONS = {"exact": 100, "high": 80, "medium": 60, "low": 30}
Preference = Literal["most_filled", "most_recent", "least_recent"]
Policy = Literal["importance", "most_recent", "least_recent"]
Function = Literal["sum", "average", "count", "count_unique", "max", "min", "first", "last"]
Operator = Literal["=", "!=", ">", ">=", "<", "<=", "contains", "starts_with", "is_null", "is_not_null", "in"]
Scalar = str | int | float | bool


class Part(BaseModel):
    """What every table of the file has in common: nobody changes it, and a key that nobody reads is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Condition(Part):
    """Two values that have to agree."""

    column: Name
    """of the table; of the second table (`table`) where two are matched"""
    to: Name | None = None
    """the column of the first table where that has another name"""
    precision: Literal["exact", "high", "medium", "low"] | Annotated[int, Field(ge=1, le=100)] = "exact"
    """how alike: exact, high (80), medium (60), low (30), or a per cent"""
    normalise: tuple[Normalisation, ...] = ()
    """what is taken off before comparing, never in the output"""

    @property
    def percent(self) -> int:
        """How alike the values have to be, in per cent; 100 is exact."""
        return PRECISIONS[self.precision] if isinstance(self.precision, str) else self.precision

    @property
    def other(self) -> str:
        """The column of the first table."""
        return self.to or self.column


class UnificationRule(Part):
    """A rule of deduplication or of matching: all of its conditions hold, and none of its exceptions."""

    name: Title
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1)]
    """all have to hold"""
    exceptions: tuple[Condition, ...] = ()
    """where one of them holds, the rule does not"""


class Deduplication(Part):
    """How rows of one table that are one and the same are found, and which of them stands for all."""

    winner: Preference = "most_filled"
    """of a group; ties go to the greatest key"""
    by: Name | None = None
    """the date or number that says what is recent"""
    rules: tuple[UnificationRule, ...] = ()
    """a row of any rule is a duplicate, and so is the duplicate of a duplicate"""


class ProfileTable(Part):
    """A table of profiles; the order of the tables is that of matching and of importance."""

    name: Name
    """of the gold table"""
    source: Name = "gold"
    """the data source that Customer Insights knows it by"""
    key: Name
    """its primary key"""
    include_all: bool = True
    """whether rows that match nothing become profiles of their own"""
    deduplication: Deduplication = Deduplication()


class Matching(Part):
    """How the rows of a table find those of one above it."""

    table: Name
    """the second table"""
    to: Name
    """the first table, which stands above it"""
    rules: Annotated[tuple[UnificationRule, ...], Field(min_length=1)]
    """in order: the next one only for what found nothing"""


class CustomMatch(Part):
    """Tables with the columns `Table1, Table1Key, Table2, Table2Key`, beside the profile tables."""

    always: Name | None = None
    """pairs that are one, whatever the rules say"""
    never: Name | None = None
    """pairs that no rule joins"""


class UnifiedField(Part):
    """A column of `Customer`, and which of its sources says what is in it."""

    name: Name
    policy: Policy = "importance"
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    """`table.column`, the most important first"""
    by: Name | None = None
    """the column, of each table, that says what is recent"""


class FieldGroup(Part):
    """Fields that are taken from one row together, as the parts of an address."""

    name: Title
    fields: Annotated[tuple[Name, ...], Field(min_length=2, max_length=10)]
    """columns of that name in each table"""
    sources: Annotated[tuple[Name, ...], Field(min_length=1, max_length=15)]
    """tables, the most important first"""
    policy: Policy = "importance"
    by: Name | None = None


class Household(Part):
    """Profiles that live together: the same last name and address."""

    last_name: Name
    address: Name


class Relationship(Part):
    """How the rows of another table belong to those of a profile table: many to one."""

    name: Name
    table: Name
    """the many"""
    column: Name
    """its foreign key"""
    to: Name
    """the profile table, by whose key they are found"""


class Comparison(Part):
    """A condition of a measure's filter or of a segment: attribute, operator, value."""

    attribute: str
    """`Customer.city`, `Customer_Measure.LifetimeSpend`, or a column of a related table: `customer_finance.spend`"""
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | None = None


class Measure(Part):
    """A figure: of each profile (`customer_attribute`), by dimension (`customer_measure`), or of all (`business_measure`)."""

    name: Name
    kind: Literal["customer_attribute", "customer_measure", "business_measure"] = "customer_attribute"
    table: Name
    """a related table, a profile table, or `Customer`"""
    function: Function
    column: Name | None = None
    """nothing: rows are counted"""
    by: Name | None = None
    """what `first` and `last` go by"""
    where: tuple[Comparison, ...] = ()
    """rows that count; all have to hold"""
    dimensions: tuple[Name, ...] = ()
    null: Scalar | None = None
    """in place of no value"""


class SegmentRule(Part):
    """A group of conditions, and what becomes of the members so far."""

    operation: Literal["union", "intersect", "except"] = "union"
    all: tuple[Comparison, ...] = ()
    """conditions that all have to hold"""
    any: tuple[Comparison, ...] = ()
    """or conditions one of which has to hold"""


class Segment(Part):
    """Profiles by conditions; its rules are combined from left to right."""

    name: Name
    """of its table"""
    title: str = ""
    """as people call it"""
    state: Literal["active", "inactive"] = "active"
    rules: Annotated[tuple[SegmentRule, ...], Field(min_length=1)]


class Guards(Part):
    """What a unification must not do; a guard that is broken fails the task before gold is published."""

    largest_profile: Annotated[int, Field(ge=2)] = 50
    """rows of one profile"""
    one_per_profile: tuple[Name, ...] = ()
    """columns that have one value in each profile, as a birth date"""
    conflicting_profiles: Whole = 0
    """how many profiles may break that"""
    repeated_value: Annotated[int, Field(ge=2)] = 1000
    """rows that share what a rule's exact conditions compare"""
    expected_accidents: Annotated[float, Field(ge=0)] = 10.0
    """pairs that the rules join by accident, by the forecast"""
    candidates: Annotated[int, Field(ge=1)] = 200_000_000
    """pairs that may be compared; with more nothing is begun"""


class ForecastSettings(Part):
    """For how many profiles accidents are forecast, and which columns depend on each other."""

    profiles: Annotated[int, Field(ge=2)] | None = None
    """rows in production; left out: as many as there are"""
    dependent: tuple[tuple[Name, ...], ...] = ()
    """columns that depend on each other, as the parts of an address, or a column made of others: measured together"""


class InsightsRules(Part):
    """What is set in Customer Insights, as a file."""

    tables: Annotated[tuple[ProfileTable, ...], Field(min_length=1)]
    """profile tables in the order of matching; the first is the primary one"""
    match: tuple[Matching, ...] = ()
    """rules between pairs of tables"""
    custom: CustomMatch = CustomMatch()
    alias: dict[Name, dict[str, str]] = {}
    """column = what is written = what it stands for, where a condition normalises by `alias`"""
    bypass: dict[Name, tuple[str, ...]] = {}
    """column = values that match nothing, where a condition normalises by `bypass`"""
    fields: tuple[UnifiedField, ...] = ()
    """unified fields; a column that is named nowhere is combined with those of its name by importance"""
    groups: tuple[FieldGroup, ...] = ()
    separate: tuple[Name, ...] = ()
    """columns that are not combined: each table's is a field of its own, `table_column`"""
    exclude: tuple[str, ...] = ()
    """`table.column` that is not unified"""
    household: Household | None = None
    relationships: tuple[Relationship, ...] = ()
    measures: tuple[Measure, ...] = ()
    segments: tuple[Segment, ...] = ()
    guards: Guards = Guards()
    forecast: ForecastSettings = ForecastSettings()

    def needed(self) -> set[str]:
        """Return the tables that a preview is made of."""
        return {*(one.name for one in self.tables), *(one.table for one in self.relationships)}

    def table(self, name: str) -> ProfileTable | None:
        """Return a profile table by name."""
        return next((table for table in self.tables if table.name == name), None)
