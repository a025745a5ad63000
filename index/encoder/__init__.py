"""The encoder: `index.encoder.onnx_export` exports it once, `index.encoder.onnx` runs it for questions, without torch."""

import os

# Official builds of onnxruntime send usage data to Microsoft and keep an id of the machine in the home folder. This variable
# turns that off if it is set before onnxruntime is loaded; onnxruntime's own function for it comes too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
