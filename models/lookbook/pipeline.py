"""The stages in their order."""

from models.lookbook import classifier, data, gan, outfits, page

STAGES = (
    data.STAGE,
    classifier.STAGE,
    gan.STAGE,
    gan.GENERATE,
    classifier.CLASSIFY,
    outfits.STAGE,
    page.STAGE,
)
