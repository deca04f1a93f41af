"""Which tools are served: by the operator's choice of toolsets, read-only or not, with older names or without."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from server.domain.errors import InvalidInput
from server.edge.tool import Family, Registry, Tool

ALL = "all"
ESSENTIALS = "essentials"
ALWAYS = "account"
"""The family that is part of every choice: what a call would cost can be asked of any set of tools."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the operator wants served. Without a choice: everything."""

    toolsets: Sequence[str] = (ALL,)
    read_only: bool = False
    """Only tools that cost and change nothing."""
    aliases: bool = False
    """Also under the names that older servers gave them."""


@dataclass(frozen=True, slots=True)
class Surface:
    """All families in the order that clients see them, the essential tools, and older names by newer ones."""

    families: Sequence[Family]
    essentials: Collection[str]
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def toolsets(self) -> tuple[str, ...]:
        """What can be chosen."""
        return ALL, ESSENTIALS, *(family.name for family in self.families)

    def tools(self, choice: Choice = Choice()) -> tuple[Tool, ...]:
        """The chosen tools, in order; `InvalidInput` where a toolset does not exist."""
        unknown = [name for name in choice.toolsets if name not in self.toolsets]
        if unknown:
            raise InvalidInput(
                f"The setting WEIR_TOOLSETS names {unknown[0]!r}, and there is no such toolset.",
                field="toolsets",
                fix=f"The toolsets are {', '.join(self.toolsets)}.",
            )
        served = [tool for tool in self._every() if self.includes(tool, choice.toolsets)]
        if choice.read_only:
            served = [tool for tool in served if tool.hints.read_only]
        return (*served, *self._older(served)) if choice.aliases else tuple(served)

    def _every(self) -> Iterable[Tool]:
        return (tool for family in self.families for tool in family.tools)

    def includes(self, tool: Tool, toolsets: Collection[str]) -> bool:
        """Whether `toolsets` have the tool, by whichever of its names."""
        return (
            ALL in toolsets
            or tool.family == ALWAYS
            or tool.family in toolsets
            or (ESSENTIALS in toolsets and self.aliases.get(tool.name, tool.name) in self.essentials)
        )

    def _older(self, served: Iterable[Tool]) -> Iterable[Tool]:
        by_name = {tool.name: tool for tool in served}
        return (replace(by_name[new], name=old) for old, new in self.aliases.items() if new in by_name)


class Registries:
    """The tools that the operator serves, and what the toolsets of a connection leave of them."""

    def __init__(self, surface: Surface, choice: Choice = Choice()) -> None:
        self.everything = Registry(surface.tools(choice))
        self._surface = surface
        self._known = frozenset(surface.toolsets)
        self._narrowed: dict[frozenset[str], Registry] = {}

    def of(self, toolsets: Collection[str] | None) -> Registry:
        """The tools of a connection with these toolsets; None stands for all that the operator serves.

        A toolset that does not exist (any more) adds nothing. The same choice gets the same registry each time.
        """
        if toolsets is None:
            return self.everything
        chosen = self._known.intersection(toolsets)
        found = self._narrowed.get(chosen)
        if found is None:
            left = (tool for tool in self.everything if self._surface.includes(tool, chosen))
            found = self._narrowed[chosen] = Registry(left)
        return found
