"""Codes of the human sexes: 人的性别代码 (GB/T 2261.1-2003)."""

__all__ = ["SEX_CODES", "is_sex_code"]

SEX_CODES = {"0": "未知的性别", "1": "男性", "2": "女性", "9": "未说明的性别"}
"""The four codes and what they stand for; ISO 5218 has the same four."""


def is_sex_code(text: str) -> bool:
    """Tell whether a text is one of the four codes, one ASCII digit without padding."""
    return text in SEX_CODES
