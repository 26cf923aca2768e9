"""The search for the DCGAN's settings: the report's 40 experiments, over its table of ranges.

    python -m models.lookbook.search             on synthetic garments
    python -m models.lookbook.search --help      photographs of yours, workers, lengths

It needs Optuna (``pip install optuna``), which proposes settings and keeps what came of them in a
SQLite file: a search that was killed goes on. What is sought is a small Fréchet distance, in the features of
the lookbook's classifier, between what the generator makes in the end and photographs that were held out.
"""
