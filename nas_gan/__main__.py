"""`python -m nas_gan`."""

from nas_gan.cli.main import run

if __name__ == "__main__":
    run()
