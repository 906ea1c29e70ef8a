"""What a project is, and what can be drawn where."""
import re
from dataclasses import dataclass, field


@dataclass
class Client:
    """What the engine and the docker command line can do decides what may be drawn."""
    containerd: bool = False   # it can write directories of cache
    old_engine: bool = False   # 20.10: neither COPY --link nor contexts with names
    has_print: bool = True     # Compose 2.35 and newer; 2.26 does not know `service:` contexts either
    builder: bool = False      # a builder in a container can be had

    @property
    def has_history(self):
        """Says whether the engine records builds, and docker buildx (0.29, not 0.13) reads that."""
        return self.has_print and not self.old_engine


@dataclass
class Dockerfile:
    id: str             # begins the name of each of its steps' files in /steps
    stages: list        # names; each is a possible target
    text: str
    place: str = 'beside'  # its context, or 'elsewhere', or 'inline'


@dataclass
class Service:
    name: str
    dockerfile: Dockerfile
    directory: str            # its context
    stage: str = None
    image: str = None
    tags: list = field(default_factory=list)
    cache_from: list = field(default_factory=list)
    cache_to: list = field(default_factory=list)
    contexts: dict = field(default_factory=dict)
    inline: bool = False      # the cache is in the image
    profile: str = None


@dataclass
class Variable:
    value: str
    source: str               # default, environment or file
    decoy: str


@dataclass
class Project:
    seed: int
    kind: str                 # compose, hcl, json, x-bake or script
    name: str
    name_by: str
    services: list
    variables: dict
    # (tag, Dockerfile, stage): built by hand, once, or with a stage before each build
    by_hand: list = field(default_factory=list)
    base_first: str = None    # the service that a deployment builds before the others
    moves: list = field(default_factory=list)        # (from, to): directories of cache
    moves_first: bool = False
    layout: dict = field(default_factory=dict)
    target: str = None        # one service is cleared; None: all
    changes: bool = False     # the second deployment is of another version
    external: bool = False    # names of registries
    allows_external: bool = False
    container: bool = False   # a container of the project's runs
    own_builder: str = None   # how a builder in a container is chosen: --builder, BUILDX_BUILDER, use
    clears_builder: bool = False
    traits: list = field(default_factory=list)


def resolve(text, variables):
    return re.sub(r'\$\{(\w+)[^}]*\}', lambda found: variables[found[1]].value, text)
