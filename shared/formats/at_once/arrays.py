"""The arrays that stand for a text: what is asked of each of its bytes, or of each of its records."""

from __future__ import annotations

from typing import Any

import numpy as np

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Offsets = np.ndarray[Any, np.dtype[np.int32]]  # as pyarrow takes them
Flags = np.ndarray[Any, np.dtype[np.bool_]]
