"""The dashboard in a real browser: over the twins here, over the real stack in `tests/e2e/test_page.py`."""
