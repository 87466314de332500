"""``python -m service``: the same as the command ``liti``."""

from service.cli import app

if __name__ == "__main__":
    app()
