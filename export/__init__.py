"""Export makes a trained checkpoint an ONNX file that is proven to answer the same."""
