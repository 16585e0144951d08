"""For tests that run students' code: they are skipped where bubblewrap is absent."""

import pytest

from teach import sandbox

needs_sandbox = pytest.mark.skipif(sandbox.kind() != "bwrap", reason="bubblewrap is not installed, or may not run here")
