"""An ONNX file is opened, checked and run here. May import `stream`'s own level and `models.card`."""
