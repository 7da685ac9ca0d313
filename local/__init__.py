"""The laptop stack: development only, imported by nothing that is deployed.

`python -m local up` starts Azurite, the functions, the Jobs emulator, the Customer Insights emulator and the bridge
that turns Azurite writes into Event Grid posts; `python -m local demo` shows the whole chain once.
"""
