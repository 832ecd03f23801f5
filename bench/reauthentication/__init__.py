"""How often honest people are asked again at a given detection of attackers, after Wiefling et al. 2022."""
