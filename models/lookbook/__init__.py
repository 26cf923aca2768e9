"""A lookbook of clothes that nobody has ever sewn: from photographs to a page of outfits.

    python -m models.lookbook            of synthetic garments, in minutes
    python -m models.lookbook --help     photographs of yours, single stages, sizes

Seven stages, each in a file of its own, each kept in a folder whose name says what it depends on:

    data -> classifier -> gan -> generate -> classify -> outfits -> page

The networks are those of models/: a CNN, or the report's dense network, that tells garments apart; a DCGAN
that makes them, which may be told the kind; and where it is asked for, an SRGAN that enlarges them. It is the
pipeline of A. Rameshkumar, "Deep Learning Fashion Lookbook: Spring 2020", CS230, Stanford University.
"""
