"""A data set for notebooks: the features of decisions as they were recorded, with what was found out about them."""
