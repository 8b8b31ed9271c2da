"""Who may do what: roles, the one permission table, and the rules of signing in. Values and rules only; nothing here reads or writes."""
