"""What tests land: whole files of the two sources, made from a seed, with the traps that published ones were seen to set.

The same seed makes the same bytes, and each maker says beside them what has to come out. Nothing here is copied from a
published file: `tests/published` lands those, where they are there, and each of its tests names the twin that lands these.

| module | what it makes |
| --- | --- |
| `tables` | columns of tables, by name and type, in the order of an export |
| `rows` | rows of such tables, and their bytes |
| `model` | `model.json` of several tables, with decimals, partitions, or without any table |
| `export` | exports of Synapse Link: folders, a file that grows, a model beside its tables |
| `finance` | finance files: customers, and their spend with records that end in a bare CR |

Only tests import it. Its bytes and people are those of the demo's sample: `local.sample.synapse_link` spells the one and
`local.sample.customers` invents the other.
"""
