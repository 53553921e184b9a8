"""The flags of each command, what it does in a few words, and what it hands them to, which is imported when it runs."""
