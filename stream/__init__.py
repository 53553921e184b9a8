"""The pipeline: capture, detect, classify, overlay, sink. Never imports torch."""
