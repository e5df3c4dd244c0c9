"""Tells the gate which test runs. Without a gate, nothing."""

import os
from urllib.parse import quote
from urllib.request import urlopen


def journey(name=""):
    """From here on, calls are of this journey; without a name, of none."""
    address = os.environ.get("LONGHAUL_JOURNEY")
    if address:
        urlopen(address + quote(name)).close()


class Journeys:
    """For test cases: each test is a journey; what it prepares and clears away is of none."""

    def setUp(self):
        super().setUp()
        self.prepare()
        journey(self._testMethodName)

    def tearDown(self):
        journey()
        super().tearDown()

    def prepare(self):
        """What a test needs before it begins."""
