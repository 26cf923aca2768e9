"""Data sets and the loader that makes batches of them; Fashion-MNIST, CIFAR-10 and CIFAR-100, photographs in
folders, DeepFashion2 and fashion products."""

from minigrad.data import transforms
from minigrad.data.cifar import CIFAR10, CIFAR100, load_cifar10, load_cifar100
from minigrad.data.collate import default_collate, default_convert
from minigrad.data.dataloader import DataLoader
from minigrad.data.dataset import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from minigrad.data.fashion import DeepFashion2, FashionProducts
from minigrad.data.fashion_mnist import FashionMNIST, load_fashion_mnist
from minigrad.data.idx import read_idx
from minigrad.data.photos import CachedImages, ImageFolder, ImageList, mixture, read_image
from minigrad.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from minigrad.data.split import stratified_split

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "BatchSampler",
    "CachedImages",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DeepFashion2",
    "FashionMNIST",
    "FashionProducts",
    "ImageFolder",
    "ImageList",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "load_cifar10",
    "load_cifar100",
    "load_fashion_mnist",
    "mixture",
    "random_split",
    "read_idx",
    "read_image",
    "stratified_split",
    "transforms",
]
