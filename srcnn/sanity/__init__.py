"""What a doctor asks first: tests of a training, its data and its reported score that take seconds (chapter 10).

sanity() compares training pairs with what the papers' bicubic would give, feeds the network noise, reads the curve of
the training and recomputes the reported PSNR. It names what it finds wrong, with what to do, and trains nothing.
"""

from .arguments import batches, settings
from .history import examine_history
from .measures import BANDS, jitter, passed, shift
from .network import examine_output, examine_scores
from .pairs import compare_degradations, examine_pairs

__all__ = ["BANDS", "Findings", "jitter", "passed", "sanity", "shift"]

LOOKED_FOR = {
    "data": ("range", "pairs", "shift", "degradation", "rounding"),
    "network": ("output", "nothing learned"),
    "history": ("patience", "test set"),
    "score": ("own input", "score"),
}
"""The faults that can be found in each thing that sanity() may be given."""


class Findings(list):
    """The names of the faults, [] if there are none. print() explains each in a sentence, with what to do."""

    def __init__(self, sentences, figures, given):
        super().__init__(sentences)
        self.sentences, self.figures, self.given = dict(sentences), figures, given

    def __str__(self):
        lines = [f"✗ {name}: {sentence}" for name, sentence in self.sentences.items()]
        if not lines:
            seen = ", ".join(name for what in self.given for name in LOOKED_FOR[what])
            missing = ", ".join(what for what in LOOKED_FOR if what not in self.given)
            lines = [f"✓ nothing suspicious; looked for: {seen}" + (f" (not given: {missing})" if missing else "")]
        lines += [self.figures] if self.figures else []
        return "\n".join(lines)

    __repr__ = __str__


def sanity(network, x, y, scale, *, history=None, kept=None, test=None, score=None):
    """Look for the bugs of chapter 10 in a training. It takes a few seconds and trains nothing.

    network: what it makes of a batch: a keras.Model, or a function (N, H, W, 1) -> (N, H', W', 1); or None, to
             examine the data before the training.
    x, y: some of your training data as the network gets it, at least 8 pairs: inputs and targets, (N, H, W, 1) or
          (N, H, W), of 16 x 16 pixels or more. A target may lack a margin, the same on all sides.
    history: rows of training.train(), or the dict of a Keras History: val_psnr or val_loss per epoch, and perhaps
             learning_rate and a figure on a test set (a name with "test" or "Set5" in it).
    kept: the row of `history` whose weights were kept, counted from 0 (negative from the end).
    test: (x, y) as they are when the network is tested, the same kinds of arrays. Without it: the papers' bicubic.
    score: the PSNR in dB that was reported for the network on `test`, or on x and y.
    Returns: Findings, a list of names: "range", "pairs", "shift", "degradation", "rounding", "output", "patience",
    "test set", "own input"; "score" for one that fits nothing; and "nothing learned" if the output is worse than the
    input and none of them says why.
    Raises: InputError for arrays that cannot be examined.
    """
    score, test = settings(network, scale, history, kept, test, score)
    training_data = batches(x, y, "x", "y")
    test_data = test and batches(*test, "the test's x", "the test's y")
    findings, figures = {}, ""  # findings: {name: sentence}; what is found first about a name stands
    pairs = examine_pairs(findings, *training_data, scale)
    test_pairs = test and examine_pairs(findings, *test_data, scale, "in the test data ")
    if pairs and (test is None or test_pairs) and "shift" not in findings:
        compare_degradations(findings, pairs, test_pairs, scale)
    if history is not None:
        examine_history(findings, history, kept)
    if network is not None and examine_output(findings, network, *training_data):
        figures = examine_scores(findings, network, *(test_data or training_data), scale, score)
    given = {"data": x, "network": network, "history": history, "score": score}
    return Findings(findings, figures, [what for what, value in given.items() if value is not None])
