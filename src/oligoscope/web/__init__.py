"""The product in a browser, and over HTTP for other programs: thin doors on the library's face."""

from oligoscope.web.app import create_app

__all__ = ["create_app"]
