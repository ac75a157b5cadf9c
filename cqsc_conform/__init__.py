"""Conformance test kit for mutually recognised standards of Chongqing and Sichuan."""

__version__ = "0.1.0"
