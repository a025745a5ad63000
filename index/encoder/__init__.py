"""The encoder: exported once by `index.encoder.onnx_export`, run at query time by `index.encoder.onnx` without torch."""

import os

# Official builds of onnxruntime tell Microsoft how they are used, and keep a number of the machine in the home folder.
# What turns that off is this variable, when onnxruntime is loaded; its own call comes too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
