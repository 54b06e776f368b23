"""Feature extractors, statistics and scores, and the protocol that is stored beside every score.

`protocol` imports no torch, so a command can name and compare protocols cheaply; the other modules do.
"""
