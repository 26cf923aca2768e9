"""How a lookbook was made, in words, and the command that makes it again."""

import shlex
from typing import Any

from models.lookbook.settings import Settings, defaults

NETWORKS = {"cnn": "a CNN", "dense": "a dense network"}


def facts(settings: Settings, told: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the reader must know of each stage, by a name for it. told: the figures of the stages."""
    data, classifier, gan, classify = told["data"], told["classifier"], told["gan"], told["classify"]
    found = {
        "photographs": f"{data['train']:,} to learn from ({data['source']}), {data['test']:,} to test on",
        "kinds": ", ".join(data["classes"]),
        "size": _size(settings, told),
        "classifier": f"{NETWORKS[settings.classifier]}, {settings.classifier_epochs} epochs; "
        f"{100 * classifier['accuracy']:.1f} % of the test photographs right",
        "DCGAN": f"{gan['epochs']} epochs; losses at the end {gan['d_loss']:.3f} (discriminator) and "
        f"{gan['g_loss']:.3f} (generator)",
        "copies": f"{classify['copies']:,} of {told['generate']['garments']:,} garments are so near to a "
        "photograph that they count as copies; none of these is used",
        "chosen": f"with a confidence of at least {100 * settings.confidence:.0f} %, of each kind those that "
        "are as near to photographs, in what the classifier sees, as other photographs are",
        "seed": f"{settings.seed} for training, {settings.noise_seed} for the noise of the garments",
    }
    if "as asked" in classify:
        found["asked for"] = (
            f"{', '.join(settings.only or data['classes'])}, in turn; the classifier takes "
            f"{100 * classify['as asked']:.0f} % for what was asked, and the others are not used"
        )
    return found


def _size(settings: Settings, told: dict[str, dict[str, Any]]) -> str:
    size = f"{settings.side} x {settings.side} pixels"
    if "enlarger" not in told:
        return f"{size}, enlarged here"
    epochs = told["enlarger"]["epochs"]
    return f"{size}, made {settings.enlarge} times as large by an SRGAN that learnt for {epochs} epochs"


def command(settings: Settings) -> str:
    """The command that makes the page: every setting that is not the one of a plain call."""
    words = ["python", "-m", "models.lookbook", "--full"]
    plain = Settings(settings.output, **defaults(False, settings.side, settings.classifier))
    for name in Settings.__dataclass_fields__:
        value = getattr(settings, name)
        if value == getattr(plain, name):
            continue
        words.append(f"--{name.replace('_', '-')}")
        if value is not True:
            words.append(" / ".join(value) if isinstance(value, tuple) else str(value))
    return shlex.join(words)
