"""What each option of a space is worth: from a study's trials, and confirmed by changes of its best."""
