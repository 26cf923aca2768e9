"""
Lesson 5: entropy, and why the loss is a cross-entropy
======================================================

Lesson 4 took as its loss minus the logarithm of the probability that the network gives to the right class.
Why that, and not something else? There are two roads to it. One begins with surprise and how many bits a
message needs, the other with the question which guess explains best what was seen. They end in the same
place.

    python lessons/05_cross_entropy.py
"""

import math
import random
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, nn, optim, viz
from minigrad.course.examples import likelihood
from minigrad.course.examples.batch import as_matrix
from minigrad.course.examples.entropy import bits, by_prediction

output = Path("output/05_cross_entropy")
output.mkdir(parents=True, exist_ok=True)

# %%
# Surprise
# --------
# The rarer an event, the more surprising it is to hear of it. If its probability is ``p``, we say that it
# brings ``log2(1 / p)`` bits: how often 1 has to be halved to get ``p``. A coin that falls on one of its
# two sides brings 1 bit; an event with one chance in 1,024 brings 10; one that had to happen brings none.
# And if two things happen that have nothing to do with each other, their probabilities are multiplied, and
# their bits are added.

for chances in (1, 2, 4, 1024):
    print(f"one chance in {chances:4}, bits: {math.log2(chances):2.0f}")

# %%
# Entropy
# -------
# A bent coin shows heads more often than tails. How many bits does a throw bring on average? Heads bring
# few bits and often, tails bring many and seldom. The mean, each weighted by how often it comes, is the
# entropy: ``H(p) = sum(p * log2(1 / p))``. Take a calculator, and do it for a bent coin ``p`` and a fair
# one ``q``; of each, the probabilities of heads and of tails are given.

print()
print(bits.text(only=["p", "q", "Hp", "Hq"]))
print(bits.say("\nA throw of the bent coin brings {Hp} bits on average, one of the fair coin {Hq}."))

# %%
# The fair coin is the most uncertain of all, and a coin that always falls on the same side tells nothing:


def entropy(p: mg.Tensor) -> mg.Tensor:
    return (p * mg.log2(1 / p)).sum(dim=-1)  # of each row of probabilities


heads = mg.linspace(0.001, 0.999, 333, dtype=mg.float64)
coins = mg.stack([heads, 1 - heads], dim=1)
for name in ("p", "q"):
    assert bits[f"H{name}"].value.agrees(entropy(mg.tensor(bits.given[name])))

in_the_table = [bits.given["p"][0], bits.given["q"][0]]
viz.lines(
    {"entropy": (heads, entropy(coins))},
    dots={"in the table": (in_the_table, [float(str(bits[name].value)) for name in ("Hp", "Hq")])},
    title="Entropy of a coin",
    x="probability of heads",
    y="bits",
).save(output / "entropy.png")
print(f"The picture: {(output / 'entropy.png').resolve()}")

# %%
# Bits are what a message costs
# -----------------------------
# Why is this called bits? Somebody throws the bent coin many times, and wants to tell us the results in 0s
# and 1s. One digit for each throw would do, but there is a cheaper way. Take two throws at a time, and
# write the frequent pair short and the others long:
#
# ===========  ===========
# two throws   written as
# ===========  ===========
# heads heads  0
# heads tails  10
# tails heads  110
# tails tails  111
# ===========  ===========
#
# The message can be read without gaps, for no word is the beginning of another. How long is it on average?

h, t = bits.given["p"]
words = {"0": h * h, "10": h * t, "110": t * h, "111": t * t}
digits = sum(probability * len(word) for word, probability in words.items()) / 2
print(f"\nIn pairs, a throw of the bent coin costs {digits:.2f} digits.", bits.say("Its entropy is {Hp}."))

# %%
# With longer and longer blocks one comes as near to the entropy as one likes, but never below. (Claude
# Shannon proved it in 1948.) An event of probability ``p`` gets a word of about ``log2(1 / p)`` digits: its
# surprise.
#
# The price of a wrong guess
# --------------------------
# To choose the words one has to know the probabilities. What if we guess ``q``, and in truth it is ``p``?
# The words have ``log2(1 / q)`` digits, but come as often as ``p`` says. The mean is the cross-entropy of
# ``p`` and ``q``, and what it costs more than the entropy is called the Kullback-Leibler divergence:
#
# ``CE(p, q) = sum(p * log2(1 / q))`` and ``KL(p, q) = CE(p, q) - H(p) = sum(p * log2(p / q))``

print()
print(bits.text(only=["p", "q", "Hp", "KL", "CE", "both"]))
bits.check()
print("\nChecked: every number, and that cross-entropy is entropy plus divergence.")

# %%
# The divergence is never below 0, and it is 0 only for the right guess. So if ``p`` is fixed, as data are,
# then the ``q`` with the smallest cross-entropy is the one with the smallest divergence: ``p`` itself.

p = mg.tensor(bits.given["p"])
divergence = (p * mg.log2(p / coins)).sum(dim=1)
cost = (p * mg.log2(1 / coins)).sum(dim=1)
assert np.allclose(cost, entropy(p) + divergence)
assert abs(heads[cost.argmin()] - p[0]) < 0.003

viz.lines(
    {
        "cross-entropy": (heads, cost),
        "divergence": (heads, divergence),
        "entropy of the coin": (heads, np.full(len(heads), entropy(p).item())),
    },
    title="What it costs to guess",
    x="guessed probability of heads",
    y="bits",
    limits=(0, 3),
).save(output / "guesses.png")
print(f"Checked: of {len(heads)} guesses the right one costs least.")
print(f"The picture: {(output / 'guesses.png').resolve()}")

# %%
# The guess that explains best
# ----------------------------
# Now the other road. A coin was thrown ten times: eight heads, two tails. How probable are heads? Take a
# guess ``q``. If it is right, the ten throws had the probability ``q**8 * (1 - q)**2``. This is called the
# likelihood of ``q``. A guess under which what was seen is very improbable is a bad one, so take the ``q``
# whose likelihood is largest.
#
# A product of many small numbers is awkward. Its logarithm is a sum, and is largest in the same place. Put
# a minus before it, and it is to be made small, as a loss; divide it by the number of throws, and it does
# not grow with them. We take the natural logarithm from here on, because its derivative is simple. It gives
# the same up to a factor: one bit is ``log(2)`` natural units.

for guess in (likelihood.fair, likelihood.best):
    print()
    print(guess)
    guess.check()
print("\nChecked: both guesses, every number.")

# %%
# The loss is ``-(8 * log(q) + 2 * log(1 - q)) / 10``. Divide each count by ten, and there are the
# frequencies of heads and tails, times minus the logarithm of their guessed probabilities. **It is the
# cross-entropy** of what was seen and what was guessed. The two roads have met, and we know where the
# lowest point is: where the guess is the frequency. There, the gradient is 0.

seen = likelihood.fair.given["heads"].item(), likelihood.fair.given["tails"].item()
frequency = mg.tensor(seen) / sum(seen)
assert np.allclose(frequency, bits.given["p"])
for guess in (likelihood.fair, likelihood.best):
    q = guess.given["q"].item()
    assert guess["L"].value.agrees(-(frequency * mg.log(mg.tensor([q, 1 - q], dtype=mg.float64))).sum())
in_bits = float(str(likelihood.fair["L"].value)) / math.log(2)
print(
    likelihood.fair.say("Checked: the loss of the fair guess, {L}, is"),
    bits.say(f"the {in_bits:.2f} bits of CE in the table of p and q."),
)

# %%
# Where does the gradient of the fair guess come from? Each probability that is guessed gets minus how often
# its side was seen, divided by the guess. In the table, ``p`` and ``q`` have two entries again, of heads and
# of tails: ``p`` is what was seen, ``q`` the guess, and ``l`` its logarithm.

print()
print(by_prediction)
by_prediction.check()
of_heads, of_tails = by_prediction["q"].gradient.exact()
assert likelihood.fair["q"].gradient.agrees(of_heads - of_tails)
print(
    f"\nChecked: {of_heads} - ({of_tails}) =", likelihood.fair.say("{grad.q}, for as q grows, 1 - q falls.")
)

# %%
# Let minigrad go down the gradient. So that ``q`` stays between 0 and 1, it is made by a sigmoid from a
# score. The gradient of the score is as simple as in lesson 4: what was guessed, minus what was seen.

score = mg.tensor(0.0, requires_grad=True)
optimizer = optim.SGD([score], lr=2.0)
for _ in range(50):
    q = mg.sigmoid(score)
    loss = -(frequency[0] * mg.log(q) + frequency[1] * mg.log(1 - q))
    optimizer.zero_grad()
    loss.backward()
    assert np.isclose(score.grad.item(), (q - frequency[0]).item(), atol=1e-6)
    optimizer.step()
assert likelihood.best["q"].value.agrees(round(mg.sigmoid(score).item(), 4))
assert likelihood.best["L"].value.agrees(round(loss.item(), 4))
print(f"Checked: starting at one half, minigrad ends at {mg.sigmoid(score).item():.4f}.")

# %%
# Many classes
# ------------
# A network gives each example its own guess: its scores, made probabilities by softmax. What was seen is
# one class for each example. The likelihood is the product of the probabilities of these classes, and the
# loss is minus the mean of their logarithms. For one example it is the cross-entropy of (1, 0) or (0, 1)
# and the network's guess; all other terms are multiplied by 0. Here is the batch of lesson 4 again.

Z = mg.tensor((as_matrix.given["X"] @ as_matrix.given["W"].T) + as_matrix.given["b"])
labels = mg.tensor(as_matrix.given["Y"].argmax(axis=1))
P = mg.softmax(Z, dim=1)
of_right_class = P[mg.arange(3), labels]
L = of_right_class.prod()
J = nn.functional.cross_entropy(Z, labels)

print()
for probabilities, label, one in zip(as_matrix["P"].value, labels, of_right_class, strict=True):
    print(f"probabilities {probabilities}, right is class {label.item() + 1}: {one.item():.4f}")
print(
    f"likelihood, their product: {L.item():.4f}; "
    f"minus its logarithm, divided by three: {-math.log(L.item()) / 3:.4f}"
)
assert as_matrix["P"].value.agrees(P) and as_matrix["J"].value.agrees(J)
assert math.isclose(-math.log(L.item()) / 3, J.item())
print(as_matrix.say("Checked: cross_entropy gives the same, the {J} of lesson 4."))

# %%
# So to train a network with the cross-entropy is to look for the weights that explain the labels best.
#
# Exercise
# --------
# Somebody wants to write a text in 0s and 1s, and has guessed how probable each letter is: ``q``, a
# dictionary such as ``{"a": 1/2, "b": 1/4, "c": 1/4}``. Write ``cost_per_letter``: how many bits does a
# letter of ``text`` take on average, when each letter gets ``log2(1 / probability)`` digits? Take out the
# line with ``raise``, and run the lesson again.


def cost_per_letter(text: str, q: dict[str, float]) -> float:
    raise NotImplementedError


# %%
# The check takes the other road: the likelihood of the whole text, in fractions, without a logarithm.


def check(cost_per_letter: Callable[[str, dict[str, float]], float]) -> None:
    chance = random.Random(0)
    for length in (1, 2, 5, 40):
        for letters in ("ab", "abc", "abcdefgh"):
            parts = [chance.randint(1, 9) for _ in letters]
            q = {letter: part / sum(parts) for letter, part in zip(letters, parts, strict=True)}
            text = "".join(chance.choices(letters, k=length))
            likelihood = math.prod((Fraction(q[letter]) for letter in text), start=Fraction(1))
            got = cost_per_letter(text, dict(q))
            if isinstance(got, bool) or not isinstance(got, (int, float)):
                raise course.NotYet(f"It should return a number; it returned {got!r}.")
            explained = 2.0 ** -(got * length) if abs(got * length) < 1000 else math.inf
            if not math.isclose(explained, likelihood, rel_tol=1e-9):
                raise course.NotYet(
                    f"For the text {text!r} and {q} it returned {got:.4f}. {length} times so many bits "
                    f"do not fit to the text's likelihood, {float(likelihood):.3g}."
                )


print()
print(course.solved(cost_per_letter, check))
