"""Entry of the frozen program with the window; PyInstaller starts here."""

import sys
from multiprocessing import freeze_support

if __name__ == "__main__":
    freeze_support()
    from frozen_streams import prepare

    prepare()
    from tumordesk.__main__ import main

    sys.exit(main())
