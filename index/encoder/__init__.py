"""The encoder: exported once by `index.encoder.export`, run at query time by `index.encoder.onnx` without torch."""
