"""A stand-in for the Azure Functions host, around Microsoft's own Python runtime library.

The library that runs the functions is the one that runs in Azure; what calls it here (HTTP, queues, timers, the
blobs webhook) is a test double of the host, good for development only (reference: Azure Functions, section 14). Scaling, keys,
leases and bindings other than those of this project are not reproduced: an app that uses them is refused at start.
`func start` takes over where Azure Functions Core Tools is installed.
"""
