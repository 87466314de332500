"""Invented names in Chinese and English."""

from itertools import product

import numpy as np

_FIRST = (
    ("松", "Song"), ("柏", "Bai"), ("云", "Yun"), ("晴", "Qing"), ("枫", "Feng"), ("鹤", "He"), ("春", "Chun"),
    ("霜", "Shuang"), ("桦", "Hua"), ("远", "Yuan"), ("澄", "Cheng"), ("锦", "Jin"), ("瑞", "Rui"), ("朗", "Lang"),
)  # fmt: skip
_SECOND = (
    ("泉", "quan"), ("岭", "ling"), ("原", "yuan"), ("浦", "pu"), ("台", "tai"), ("林", "lin"), ("宁", "ning"),
)  # fmt: skip
DIGITS = "一二三四五六七八九"


def street_names(rng: np.random.Generator) -> list[tuple[str, str]]:
    """Stems for street names, shuffled: (Chinese, English)."""
    stems = [(a + b, en_a + en_b) for (a, en_a), (b, en_b) in product(_FIRST, _SECOND)]
    return [stems[k] for k in rng.permutation(len(stems))]


def street(stem: tuple[str, str], axis: int, avenue: bool) -> tuple[str, str]:
    """A street's name; axis 0 runs north and is a 街, axis 1 runs east and is a 路."""
    chinese = ("大街" if avenue else "街") if axis == 0 else ("大路" if avenue else "路")
    english = ("Avenue" if avenue else "Street") if axis == 0 else ("Boulevard" if avenue else "Road")
    return stem[0] + chinese, f"{stem[1]} {english}"
