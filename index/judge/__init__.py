"""How good the answers are: judged questions, golden questions, and the fit to them."""
