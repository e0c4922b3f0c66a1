"""Who is the same supplier: names compared, joined with evidence, and what is doubtful."""
