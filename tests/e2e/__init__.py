"""The whole local stack from outside; a package, so that the stack ends with its last test."""
