"""What everything here that answers HTTP stands on.

| module | what |
| --- | --- |
| `server` | how connections are served |

Imports werkzeug, and of the project nothing.
"""
