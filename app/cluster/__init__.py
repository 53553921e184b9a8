"""Annotate files on a cluster by Ray: what a file gets, the way to the cluster, who hands out, who works."""
