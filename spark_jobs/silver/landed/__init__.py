"""What lands in silver: bronze rows of one entity as typed, checked, named events.

| module | what it holds |
| --- | --- |
| `bronze` | the bronze rows of one entity that a batch brings |
| `shape` | the columns of the entity in silver, and what they mean |
| `events` | those rows in that shape: what the text said, and what is wrong with it |
| `casts` | landed text to typed values |
| `finance_casts` | the same of finance, where values are written in more ways than one |
| `currencies` | which currency symbol the amounts of a column carry |
| `inference`, `evidence` | the types of finance columns, told by all their values, and what that is told by |
| `erased` | rows that are to be erased, known by digests of their key |
| `texts` | the text that landed of values that are stored |
| `rejects` | records that bronze rejected, with the keys that they may have |
| `rules` | column rules that one row alone breaks |
"""
