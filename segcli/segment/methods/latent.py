"""Latent classes (Lazarsfeld and Henry 1968): groups customers with similar answers, such as yes or no, or 1 to 5.

Each class has its own probability of each answer to each question. The classes are fitted by EM (Goodman 1974), and
each customer has a probability for each class.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.errors import InputProblem
from segcli.parallel import limit_blas_threads, map_ordered
from segcli.segment.methods import ClusterFit, Labels, Matrix, probability_margins

__all__ = ["BOOTSTRAP_STARTS", "SCALE", "USES_BIC", "fit", "fit_bootstraps", "margins", "predict"]

SCALE = "codes"
USES_BIC = True
BOOTSTRAP_STARTS = 10
MIN_STARTS = 20  # EM has many local optima, and short runs of it are quick
MAX_ANSWERS = 12  # per question; a column with more values is a measurement
SHORT_RUN = 15  # rounds of EM of all starts; the best go on
MAX_ITERATIONS = 1000  # rounds of EM
MIN_PROBABILITY = 1e-6  # keeps every answer possible in every class


@dataclass(frozen=True)
class AnswerCodes:
    """The answers of all questions: the value of each answer and the number of its question, both of shape (answers,).

    `first_answers` are the positions at which the questions start.
    """

    values: npt.NDArray[np.float64]
    questions: Labels

    @property
    def first_answers(self) -> Labels:
        """Positions of the first answer of each question."""
        return np.flatnonzero(np.diff(self.questions, prepend=-1))

    def encode_rows(self, matrix: Matrix) -> Matrix:
        """Return 1 where a row gives an answer, shape (n, answers); an unknown answer counts for no class."""
        answer_matrix: Matrix = (matrix[:, self.questions] == self.values).astype(np.float64)
        return answer_matrix


@dataclass(frozen=True)
class SearchEffort:
    """Number of starts, of starts that go on after a short run, and the gain per row at which EM stops."""

    starts: int
    long_runs: int
    tolerance: float


SAMPLE_EFFORT = SearchEffort(BOOTSTRAP_STARTS, 1, 1e-6)  # labels of rows are settled long before the parameters


@dataclass(frozen=True)
class LatentClasses:
    """Weights of the classes, shape (k,), probabilities of the answers, shape (k, answers), and the log-likelihood."""

    weights: npt.NDArray[np.float64]
    probabilities: Matrix
    log_likelihood: float


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Fit k classes; classes that are not the most likely one for any row are removed.

    Raises:
        InputProblem: a feature has more values than a question has answers.
    """
    codes = _list_answers(matrix)
    rng = np.random.default_rng(seed)
    with limit_blas_threads():
        classes = _fit_classes(
            codes,
            codes.encode_rows(matrix),
            np.ones(len(matrix)),
            k,
            SearchEffort(max(starts, MIN_STARTS), 3, 1e-8),
            rng,
        )
    shape_arrays = {
        "weights": classes.weights[:, None],
        "probabilities": classes.probabilities,
        "answers": np.tile(codes.values, (k, 1)),
        "questions": np.tile(codes.questions.astype(np.float64), (k, 1)),
    }
    full_fit = ClusterFit(np.zeros(len(matrix), dtype=np.int64), np.zeros((k, matrix.shape[1])), 0.0, shape_arrays)
    filled_groups, labels = np.unique(predict(full_fit, matrix), return_inverse=True)
    centres = np.array([matrix[labels == group].mean(axis=0) for group in range(len(filled_groups))])
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    filled_shape = {name: values[filled_groups] for name, values in shape_arrays.items()}
    parameter_count = k - 1 + k * (len(codes.values) - matrix.shape[1])
    bic = parameter_count * np.log(len(matrix)) - 2 * classes.log_likelihood
    return ClusterFit(labels.astype(np.int64), centres, inertia, filled_shape, float(bic))


def fit_bootstraps(matrix: Matrix, sample_weights: npt.NDArray[np.int64], k: int, rng: np.random.Generator) -> Labels:
    """Fit classes to each sample, with rows counted by weights (samples, n), and label all rows."""
    codes = _list_answers(matrix)
    answer_matrix = codes.encode_rows(matrix)
    generators = rng.spawn(len(sample_weights))

    def fit_sample(number: int) -> Labels:
        row_counts = sample_weights[number]
        rows = np.flatnonzero(row_counts)
        classes = _fit_classes(
            codes, answer_matrix[rows], row_counts[rows].astype(np.float64), k, SAMPLE_EFFORT, generators[number]
        )
        labels: Labels = _log_likelihoods(classes.weights, classes.probabilities, answer_matrix).argmax(axis=1)
        return labels

    return np.array(list(map_ordered(fit_sample, range(len(sample_weights)))))


def predict(fit: ClusterFit, matrix: Matrix) -> Labels:
    """Return the most likely class, the first of equals."""
    group_numbers: Labels = _fit_likelihoods(fit, matrix).argmax(axis=1)
    return group_numbers


def margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the probability of each row's class, and the second most likely class."""
    return probability_margins(_fit_likelihoods(fit, matrix))


def _fit_likelihoods(fit: ClusterFit, matrix: Matrix) -> Matrix:
    shape = fit.shape_arrays
    codes = AnswerCodes(shape["answers"][0], shape["questions"][0].astype(np.int64))
    return _log_likelihoods(shape["weights"][:, 0], shape["probabilities"], codes.encode_rows(matrix))


def _list_answers(matrix: Matrix) -> AnswerCodes:
    answers_by_question = [np.unique(column) for column in matrix.T]
    if max(map(len, answers_by_question)) > MAX_ANSWERS:
        raise InputProblem(
            f"latent classes need answers of at most {MAX_ANSWERS} different values, unscaled and unweighted",
            remedy="choose such features and keep cluster.scale at auto, or use another method",
        )
    counts = [len(answers) for answers in answers_by_question]
    return AnswerCodes(np.concatenate(answers_by_question), np.repeat(np.arange(len(counts)), counts))


def _log_likelihoods(weights: npt.NDArray[np.float64], probabilities: Matrix, answer_matrix: Matrix) -> Matrix:
    """Return the logarithms of weight x likelihood, shape (n, k)."""
    log_likelihoods: Matrix = answer_matrix @ np.log(probabilities).T + np.log(weights)
    return log_likelihoods


def _fit_classes(  # noqa: PLR0913, PLR0917 - a fit depends on all of these
    codes: AnswerCodes,
    answer_matrix: Matrix,
    row_weights: Matrix,
    k: int,
    effort: SearchEffort,
    rng: np.random.Generator,
) -> LatentClasses:
    """Run EM briefly from many starts, then go on with the best, and return the classes of the highest likelihood.

    Short runs find the best start at little cost (Biernacki, Celeux and Govaert 2003).
    """
    shares = (row_weights @ answer_matrix) / row_weights.sum()
    short_runs = []
    for _ in range(effort.starts):
        tilted_shares = shares * rng.gamma(1.0, size=(k, len(shares)))
        classes = LatentClasses(np.full(k, 1 / k), _normalise_answers(codes, tilted_shares), -np.inf)
        short_runs.append(_run_em(codes, answer_matrix, row_weights, classes, SHORT_RUN, effort.tolerance))
    short_runs.sort(key=lambda classes: -classes.log_likelihood)
    long_runs = [
        _run_em(codes, answer_matrix, row_weights, classes, MAX_ITERATIONS, effort.tolerance)
        for classes in short_runs[: effort.long_runs]
    ]
    return max(long_runs, key=lambda classes: classes.log_likelihood)


def _run_em(  # noqa: PLR0913, PLR0917 - EM depends on all of these
    codes: AnswerCodes,
    answer_matrix: Matrix,
    row_weights: Matrix,
    classes: LatentClasses,
    iterations: int,
    tolerance: float,
) -> LatentClasses:
    """Improve the classes until the log-likelihood per row gains less than the tolerance."""
    row_count = row_weights.sum()
    for _ in range(iterations):
        log_likelihoods = _log_likelihoods(classes.weights, classes.probabilities, answer_matrix)
        highest = log_likelihoods.max(axis=1, keepdims=True)
        memberships = np.exp(log_likelihoods - highest)
        sums = memberships.sum(axis=1, keepdims=True)
        log_likelihood = float(row_weights @ (np.log(sums) + highest)[:, 0])
        memberships *= row_weights[:, None] / sums
        weights = np.maximum(memberships.sum(axis=0) / row_count, MIN_PROBABILITY)
        gain = (log_likelihood - classes.log_likelihood) / row_count
        classes = LatentClasses(
            weights / weights.sum(), _normalise_answers(codes, memberships.T @ answer_matrix), log_likelihood
        )
        if gain < tolerance:
            break
    return classes


def _normalise_answers(codes: AnswerCodes, answer_weights: Matrix) -> Matrix:
    """Return probabilities of the answers, which add up to 1 for each question and class, shape (k, answers)."""
    totals = np.add.reduceat(answer_weights, codes.first_answers, axis=1)[:, codes.questions]
    probabilities: Matrix = np.clip(
        np.divide(answer_weights, totals, out=np.full_like(answer_weights, 0.5), where=totals > 0),
        MIN_PROBABILITY,
        1 - MIN_PROBABILITY,
    )
    return probabilities
