"""Does a segmentation hold? Whether its segments can be known, reached, told apart, acted upon, and last."""
