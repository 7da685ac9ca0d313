"""Whether the profiles of a preview are to be believed.

| module | what it holds |
| --- | --- |
| `forecast` | How many pairs rules join by accident |
| `guards` | What a unification must not do |
| `changes` | What a change of the rules changes |
| `chains` | Why two rows are one profile |
| `risks` | Which profiles to look at first, and what enrichments can use |
"""
