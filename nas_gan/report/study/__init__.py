"""A study for people to look at: its table, its trials one by one, its charts, and the page that has them all."""
