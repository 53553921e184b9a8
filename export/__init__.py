"""From a trained checkpoint to an ONNX file that is proven to answer the same."""
