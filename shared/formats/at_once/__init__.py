"""All records of a block at once, as arrays: what one by one would take too long where many of them cannot be used.

| module | what it holds |
| --- | --- |
| `arrays` | The arrays that stand for a text |
| `bounds` | Where each record begins and ends, its fields and its fault |
| `fields` | The fields of many records, as one array of values |
| `marks` | The bytes that may end a field or a record, or open and close quotes |
| `parsing` | Text of complete records to columns, by pyarrow |
| `quotes` | Where in a text quotes open and close, and which leave their fields in doubt |
| `set_aside` | Records that are set aside as rejects, as columns |
| `utf8` | Which records are no text, and from which byte on |
"""
