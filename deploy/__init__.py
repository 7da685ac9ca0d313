"""What comes after `azd provision` and `azd deploy`: repeatable, patient where Azure takes its time, and silent about secrets.

| module | what it is for |
| --- | --- |
| `environment` | what azd knows of a deployed environment |
| `errors` | what can go wrong, and what to do |
| `commands` | the command lines of others (az, azd, databricks), and waiting for what is not there yet |
| `secrets` | secrets that have no value yet |
| `workspace` | Databricks: identities, the storage credential, the notification destination, the bundle |
| `subscriptions` | one event subscription for each landing container |
| `ready` | the smoke test: the app says that it is ready |
| `check` | a room of its own: `python -m deploy check`, which tells whether all of it works |
| `steps` | the two hooks, step by step |
| `__main__` | the command line that the hooks call |
"""
