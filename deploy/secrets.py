"""Secrets that have no value yet: the callback's password is made, the key of Customer Insights only its portal knows."""

from __future__ import annotations

import secrets as random_secrets

from deploy.commands import Commands, private_file
from deploy.environment import Environment

CALLBACK_PASSWORD = "callback-password"  # noqa: S105 - the name of a secret, not its value
CUSTOMER_INSIGHTS_KEY = "customer-insights-key"


def give_first_values(commands: Commands, environment: Environment) -> list[str]:
    """Make the callback's password where there is none; return what a person has to do."""
    known = commands.wait_for(
        f"access to the vault {environment.vault_name}",
        lambda: commands.json(
            *("az", "keyvault", "secret", "list", "--vault-name", environment.vault_name, "--query", "[].name", "-o", "json")
        ),
        hint="Whoever deploys needs the role Key Vault Secrets Officer there, and, with a private network, to be inside it.",
    )
    if CALLBACK_PASSWORD not in known:
        with private_file(commands.hide(random_secrets.token_urlsafe(32))) as file:
            vault = environment.vault_name
            commands("az", "keyvault", "secret", "set", "--vault-name", vault, "--name", CALLBACK_PASSWORD, "--file", file)
    if environment.customer_insights and CUSTOMER_INSIGHTS_KEY not in known:
        where = f"--vault-name {environment.vault_name} --name {CUSTOMER_INSIGHTS_KEY}"
        return [f"az keyvault secret set {where} --file <file with the key>"]
    return []


def callback_password(commands: Commands, environment: Environment) -> str:
    """Read the callback's password."""
    where = ("--vault-name", environment.vault_name, "--name", CALLBACK_PASSWORD)
    return commands.hide(str(commands.json("az", "keyvault", "secret", "show", *where, "--query", "value", "-o", "json")))
