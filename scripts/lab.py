"""JupyterLab, which ends with lab.mjs."""

import os
import signal
import sys

from end_with_parent import end_with_parent
from jupyterlab.labapp import main

# It stops its kernels first.
end_with_parent(lambda _: os.kill(os.getpid(), signal.SIGTERM))
sys.exit(main())
