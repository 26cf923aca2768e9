"""The table of targets, by name."""

from tools.fuzz import answers, data_files, tensors

TARGETS = {target.name: target for target in (*data_files.TARGETS, *tensors.TARGETS, *answers.TARGETS)}
