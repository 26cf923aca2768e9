"""A GAN's training to be killed: shuffled and flipped images, an average, sheets, a file every second batch.

    python -m tests.train.killed_gan FOLDER

It goes on from FOLDER/run.safetensors if that is there, says "begin" when it begins, and writes a digest of
all that it leaves behind to FOLDER/end.json.
"""

import json
import sys
from pathlib import Path

import minigrad as mg
from minigrad import optim, train
from minigrad.data import DataLoader, FashionMNIST, Subset
from minigrad.data.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from models import dcgan
from tests.train.killed import digest

EPOCHS, BATCHES, BATCH_SIZE, EVERY, WORKERS = 3, 8, 16, 2, 0


def main(folder: Path) -> None:
    mg.manual_seed(0)
    transform = Compose([ToTensor(), Normalize([0.5], [0.5]), RandomHorizontalFlip()])
    images = Subset(FashionMNIST(train=True, sample="only", transform=transform), range(BATCHES * BATCH_SIZE))
    generator = dcgan.generator([16, 8], depth=1, side=7, noise=10)
    gan = train.GAN(generator, dcgan.discriminator([8, 16], depth=1, side=7), 10, penalty=1.0)
    optimizer = optim.Adam(gan.parameters(), lr=0.001, betas=(0.3, 0.999))
    average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    sheets = train.SampleSheets(folder / "sheets", average, gan.noise_for(8), columns=4)
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    history = train.fit_gan(
        gan,
        DataLoader(images, BATCH_SIZE, shuffle=True, num_workers=WORKERS),
        optimizer,
        EPOCHS,
        callbacks=[
            train.Average(average, generator),
            sheets,
            train.Checkpoint(folder / "run.safetensors", every_batches=EVERY),
        ],
        progress=False,
        resume=True,
    )
    left = {
        "weights": gan.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimizer.state_dict(),
        "history": history.rows,
        "sheets": {file.name: file.read_bytes() for file in sorted((folder / "sheets").iterdir())},
        "random": mg.get_rng_state(),
    }
    end = {name: digest(value) for name, value in left.items()}
    (folder / "end.json").write_text(json.dumps(end))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
