"""The encoder: exported once by `index.encoder.export`, run at query time by `index.encoder.onnx` without torch."""

from index.encoder.onnx import ENCODER_FILES, EncoderConfig, OnnxEncoder

__all__ = ["ENCODER_FILES", "EncoderConfig", "OnnxEncoder"]
