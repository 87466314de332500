"""The doors, one file for each subject."""
