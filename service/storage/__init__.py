"""What must last: users, tokens, the audit log, incidents and missions, in SQLite."""
