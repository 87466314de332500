"""Motion: constant-velocity Kalman filters, several motion models a track mixed by IMM, all tracks at once.

A track's state in one model is (east, north, east velocity, north velocity) in metres and metres a second. The models
differ in their white acceleration noise: a calm one for standing and steady motion, an agile one for turns and stops.
The interacting multiple model filter is that of Blom and Bar-Shalom (IEEE Trans. Automatic Control 33(8), 1988), with
transition probabilities that depend on the time elapsed.

Shapes: N tracks, M models; means (N, M, 4), covariances (N, M, 4, 4), model probabilities (N, M).
"""

import numpy as np

from fusion.tracking.settings import TrackerSettings
from maps.positions import FloatArray


def mix(
    means: FloatArray, covariances: FloatArray, models: FloatArray, dt_s: FloatArray, settings: TrackerSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The IMM's mixing step over ``dt_s`` (N,): means, covariances and probabilities before the prediction."""
    count = models.shape[1]
    if count == 1:
        return means, covariances, models
    stay = np.exp(-dt_s[:, None] / np.asarray(settings.sojourn_s))
    change = (1.0 - stay) / (count - 1)
    transition = np.repeat(change[:, :, None], count, axis=2)
    diagonal = np.arange(count)
    transition[:, diagonal, diagonal] = stay
    joint = transition * models[:, :, None]
    after = joint.sum(axis=1)
    weights = joint / after[:, None, :]
    mixed = np.einsum("nij,nik->njk", weights, means)
    apart = means[:, :, None, :] - mixed[:, None, :, :]
    spread = np.einsum("nij,nijk,nijl->njkl", weights, apart, apart)
    flat = covariances.reshape(len(means), count, 16)
    blended = np.matmul(weights.transpose(0, 2, 1), flat).reshape(covariances.shape)
    return mixed, blended + spread, after


def propagate(
    means: FloatArray, covariances: FloatArray, dt_s: FloatArray, settings: TrackerSettings
) -> tuple[FloatArray, FloatArray]:
    """Means and covariances ``dt_s`` (N,) later, in each model; a negative ``dt_s`` goes back, and is as uncertain."""
    dt = dt_s[:, None, None, None]
    size = np.abs(dt)
    noise = np.asarray(settings.noise_m2ps3)[None, :, None, None] * np.eye(2)
    place, cross, speed = covariances[..., :2, :2], covariances[..., :2, 2:], covariances[..., 2:, 2:]
    later = np.empty_like(covariances)
    later[..., :2, :2] = place + dt * (cross + cross.swapaxes(-1, -2)) + dt**2 * speed + size**3 / 3 * noise
    later[..., :2, 2:] = cross + dt * speed + dt * size / 2 * noise
    later[..., 2:, :2] = later[..., :2, 2:].swapaxes(-1, -2)
    later[..., 2:, 2:] = speed + size * noise
    moved = means.copy()
    moved[..., :2] += dt_s[:, None, None] * means[..., 2:]
    return moved, later


def combine(means: FloatArray, covariances: FloatArray, models: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The models' mixture by its first two moments: means (N, 4) and covariances (N, 4, 4)."""
    mean = np.einsum("nm,nmk->nk", models, means)
    apart = means - mean[:, None, :]
    covariance = np.einsum("nm,nmkl->nkl", models, covariances) + np.einsum("nm,nmk,nml->nkl", models, apart, apart)
    return mean, covariance


def inverse(matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Inverses and determinants of symmetric 2 x 2 matrices, shape (..., 2, 2)."""
    a, b, d = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    determinant = a * d - b * b
    inverted = np.empty_like(matrices)
    inverted[..., 0, 0] = d / determinant
    inverted[..., 1, 1] = a / determinant
    inverted[..., 0, 1] = inverted[..., 1, 0] = -b / determinant
    return inverted, determinant


def likelihoods(
    means: FloatArray, covariances: FloatArray, positions_m: FloatArray, noise_m2: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Squared Mahalanobis distance and log likelihood (each (N, M)) of one position (N, 2) and its noise (N, 2, 2)."""
    inverted, determinant = inverse(covariances[..., :2, :2] + noise_m2[:, None])
    apart = positions_m[:, None, :] - means[..., :2]
    distance = np.einsum("nmi,nmij,nmj->nm", apart, inverted, apart)
    return distance, -0.5 * (distance + np.log(determinant)) - np.log(2 * np.pi)


def correct(
    means: FloatArray, covariances: FloatArray, models: FloatArray, positions_m: FloatArray, noise_m2: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Take in one position (N, 2) with noise (N, 2, 2) a track; Joseph's form keeps covariances positive definite."""
    _, log_likelihood = likelihoods(means, covariances, positions_m, noise_m2)
    weights = models * np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    weights = np.maximum(weights / weights.sum(axis=1, keepdims=True), 1e-6)
    inverted, _ = inverse(covariances[..., :2, :2] + noise_m2[:, None])
    gain = covariances[..., :, :2] @ inverted
    apart = positions_m[:, None, :] - means[..., :2]
    corrected = means + np.einsum("nmki,nmi->nmk", gain, apart)
    left = np.broadcast_to(np.eye(4), covariances.shape).copy()
    left[..., :2] -= gain
    joseph = left @ covariances @ left.swapaxes(-1, -2) + gain @ noise_m2[:, None] @ gain.swapaxes(-1, -2)
    symmetric = 0.5 * (joseph + joseph.swapaxes(-1, -2))
    return corrected, symmetric, weights / weights.sum(axis=1, keepdims=True)
