"""Where files are: one type for a folder here and at a URL, and patience with what fails for a moment."""
