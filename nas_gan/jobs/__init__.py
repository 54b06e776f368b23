"""Carry out jobs: one table, leases with a heartbeat, and a supervisor of workers. Knows no network and no search."""
