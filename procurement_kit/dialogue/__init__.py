"""What is asked of a municipality, what it answers, what was assumed, and how a case ends."""
