"""How values are written in finance files: the grammar by which text is a number, a date or nothing.

The forms are regular expressions that Python and Java read alike, so that Spark's expressions and whatever the functions say of
a data set come from one place.

| module | what it holds |
| --- | --- |
| `notation` | how one data set writes its values, as configured |
| `numbers` | the forms of numbers |
| `dates` | the forms of dates and times |
| `nothing` | the words that exports write where there is no value |
"""
