"""What every test may ask for; each server starts when the first test asks, and ends with the run."""

pytest_plugins = ["tests.controlplane.fixtures", "tests.means.prometheus"]
