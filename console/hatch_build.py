"""The packaging hook: wheel and sdist carry the built console, so that nobody who installs Liti needs Node.js."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder() -> ModuleType:
    """``build.py`` beside this file; hatchling loads hooks by path, outside of any package."""
    name = "liti_console_build"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("build.py"))
        if spec is None or spec.loader is None:
            raise ImportError("console/build.py is missing from the source tree")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class ConsoleBuildHook(BuildHookInterface[Any]):
    """Builds ``console/dist`` when it is missing or stale, before the files of a wheel or sdist are gathered."""

    PLUGIN_NAME = "custom"

    @property
    def _folder(self) -> Path:
        return Path(self.root) / "console"

    def dependencies(self) -> list[str]:
        """Node.js as a Python package, asked for only when there is something to build and no Node.js to build it."""
        builder = _builder()
        if builder.is_fresh(self._folder) or builder.find_node() is not None:
            return []
        return [str(builder.NODE_PACKAGE)]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; for an editable install a console that cannot be built is only a warning."""
        builder = _builder()
        try:
            builder.build(self._folder, say=self.app.display_info)
        except builder.BuildError as error:
            if version != "editable":
                raise
            self.app.display_warning(f"The console was not built: {error}")
