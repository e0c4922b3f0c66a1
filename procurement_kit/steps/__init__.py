"""Steps add columns: each takes the lines and gives back the same lines with what it has found out about them."""
