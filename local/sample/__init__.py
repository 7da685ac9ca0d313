"""What the demo lands, made from a seed alone, so that what has to come out is known without asking the pipeline.

| module | what |
| --- | --- |
| `waves` | the two waves: what lands, and what has to be true after each |
| `customers` | invented people, awkward in the ways real ones are |
| `duplicates` | somebody twice, as people make duplicates |
| `synapse_link` | bytes as Synapse Link writes them: records, `model.json`, labels |

Imports nothing of the project.
"""
