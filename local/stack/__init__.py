"""The local stack as a whole: its parts started in order, watched, and stopped, those first that use others.

| module | what |
| --- | --- |
| `stack` | what the stack consists of, and how each part is started |
| `settings` | the ports, and the app settings that follow from them |
| `azurite` | Azurite, its account and the containers of the lake |
| `child` | a started program, tethered to its starter so that nothing is left behind (`tether.cjs`: the same for Node) |
| `ports` | whether a port is taken, and which are free |

Knows the other rooms by the names of their processes only; they import `child`, for the tether, and `azurite`.
"""
