"""Unification: rows of profile tables become profiles, by Spark SQL alone.

| module | what it holds |
| --- | --- |
| `ascii_table` | Letters as ASCII, made from a library |
| `normalising` | Normalisations as SQL |
| `conditions` | When two values agree, and how much, as SQL |
| `prepared` | Rows as rules compare them |
| `edges` | Pairs of rows that rules join |
| `custom` | Pairs that are always or never one |
| `components` | What edges join, directly or through others |
| `groups` | Duplicates of one table, and their winner |
| `matches` | Groups of several tables that are one profile |
| `identity` | Ids that stay from run to run |
| `unified` | Which columns `Customer` has, and from where |
| `customers` | `Customer`, and the row that each field was taken from |
"""
