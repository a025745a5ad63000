"""From an approval to the catalogue and into the index: written to a checkout or as a patch, built, and told."""
