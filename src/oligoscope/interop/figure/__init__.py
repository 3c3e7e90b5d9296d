"""Curves out of pictures of figures: pixels in, times and survival out, each with the pixel that it was read from."""

from oligoscope.interop.figure.axes import Axis, axis_of
from oligoscope.interop.figure.line import Line
from oligoscope.interop.figure.raster import lines

__all__ = ["Axis", "Line", "axis_of", "lines"]
