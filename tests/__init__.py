"""Tests, and what they are made of; a package, because others install one of this name too (Microsoft's CDM object model)."""
