"""Showing what was found: tables, drawings of topologies, and one page of plots. Nothing here prints."""
