"""Where studies and runs are kept: databases, folders behind URLs, and patience with both."""
