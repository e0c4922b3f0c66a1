"""What kind of purchase is a line: tree, rules, decisions and a classifier that says how sure it is."""
