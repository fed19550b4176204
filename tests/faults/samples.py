"""Arithmetic of samples: quantiles, who is the larger of two, the slope of a line."""
import math


def quantile(values, q):
    """`q` of 0 to 1; of no values it is nan."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else math.nan


def larger(xs, ys):
    """P(X > Y) + P(X = Y) / 2, which is Mann and Whitney's U over n·m, and its standard error if both were alike."""
    ranked = sorted([(x, 0) for x in xs] + [(y, 1) for y in ys])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        shared = (at + 1 + end) / 2  # ranks count from 1; equal values share theirs
        ranks += shared * sum(which == 0 for _, which in ranked[at:end])
        at = end
    n, m = len(xs), len(ys)
    return (ranks - n * (n + 1) / 2) / (n * m), math.sqrt((n + m + 1) / (12 * n * m))


def slope(points):
    """Of (x, y): the slope of the line with the least squares, and its standard error."""
    n = len(points)
    if n < 3:
        return math.nan, math.nan
    mean_x, mean_y = (sum(p[i] for p in points) / n for i in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    residue = sum((y - mean_y - rise * (x - mean_x)) ** 2 for x, y in points)
    return rise, math.sqrt(residue / (n - 2) / spread)
