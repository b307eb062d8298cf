"""`python -m uploadm8` is the uploadm8 command."""

from uploadm8.cli import main

if __name__ == "__main__":
    main()
