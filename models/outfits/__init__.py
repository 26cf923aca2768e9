"""Do a top and a bottom go together? A small study, made as it was reported and then as it should be.

    python -m models.outfits            of garments that minigrad draws, with a rule of colours, in minutes
    python -m models.outfits --help     your photographs, your labels, other networks

The wardrobe is a list of photographs of tops and of bottoms (``wardrobe``), outfits are pairs of them with an
answer (``outfits``), which comes from a table, from the labelling page or from a rule of colours (``rule``).
Networks that have learnt something else look at the photographs (``trunks``), heads on top of what they see
learn the answers (``heads``), and baselines see colours alone (``baselines``). The study cuts the outfits
into folds, by photograph and by outfit, and says how sure its figures are (``study``).

It follows N. Sevil, "NeiPalette", FET312, Istanbul Topkapi University, 2025/26: ResNet18 and EfficientNet-B0
on forty outfits (``reported``).
"""
