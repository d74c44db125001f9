"""Clustering: choose and encode features, choose the number of segments, measure their stability, and name them."""
