"""Analyses add up: each takes the spend cube and gives back a `Finding` whose parts sum to the whole it speaks of."""
