# SPDX-License-Identifier: Apache-2.0
"""The libraries that are compared: one class a peer. A new one is a class here and an entry of PEERS."""

from __future__ import annotations

from typing import Any

import numpy as np

from driver.peer import Leaves, Peer
from driver.raw import Raw, RawFresh
from driver.workloads import State


def jax_tree(state: State) -> dict[str, dict[str, Any]]:
    """The state in arrays of JAX on the CPU."""
    import jax

    tree: dict[str, dict[str, Any]] = {}
    for (group, name), array in state.arrays():
        tree.setdefault(group, {})[name] = jax.numpy.array(array)  # a copy, aligned as JAX does it
    return jax.block_until_ready(tree)


def jax_template(state: State) -> dict[str, dict[str, Any]]:
    import jax

    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    abstract = jax.ShapeDtypeStruct(state.shape, np.float32, sharding=sharding)
    tree: dict[str, dict[str, Any]] = {}
    for number in range(state.leaves):
        group, name = state.path(number)
        tree.setdefault(group, {})[name] = abstract
    return tree


class Treering(Peer):
    name = "treering"
    about = "tr.save and tr.load, numpy leaves, codec raw"
    packages = ("treering", "numpy")
    modules = ("treering",)
    codec = "raw"

    def prepare_save(self) -> None:
        import treering

        self.treering = treering
        super().prepare_save()

    def save(self) -> None:
        self.treering.save(self.target, self.tree, codec=self.codec)

    def prepare_restore(self) -> None:
        import treering

        self.treering = treering

    def restore(self) -> Any:
        return self.treering.load(self.target)

    def restore_one(self) -> Any:
        with self.treering.open(self.target) as checkpoint:
            return checkpoint["/".join(self.state.one)].read()


class TreeringLz4(Treering):
    name = "treering-lz4"
    about = 'the same, codec="lz4"'
    codec = "lz4"


class TreeringBitshuffle(Treering):
    name = "treering-bitshuffle-lz4"
    about = 'the same, codec="bitshuffle-lz4"'
    codec = "bitshuffle-lz4"


class TreeringJax(Treering):
    name = "treering-jax"
    about = "tr.save and tr.load, leaves of JAX, with a template"
    baseline = "treering-jax"
    packages = ("treering", "jax")
    modules = ("treering", "jax")

    def prepare_save(self) -> None:
        super().prepare_restore()
        self.tree = jax_tree(self.state)

    def prepare_restore(self) -> None:
        super().prepare_restore()
        self.template = jax_template(self.state)

    def restore(self) -> Any:
        import jax

        return jax.block_until_ready(self.treering.load(self.target, self.template))

    def restore_one(self) -> Any:
        import jax

        group, name = self.state.one
        wanted = {group: {name: self.template[group][name]}}
        loaded = self.treering.load(self.target, wanted, unexpected="ignore")
        return jax.block_until_ready(loaded[group][name])


class Orbax(Peer):
    name = "orbax"
    about = "AsyncCheckpointer of a PyTree until it has finished, defaults (compressed), leaves of JAX"
    baseline = "treering-jax"
    packages = ("orbax-checkpoint", "tensorstore", "jax")
    modules = ("orbax.checkpoint", "jax")
    compressed = True

    def _prepare(self) -> None:
        import orbax.checkpoint

        self.orbax = orbax.checkpoint
        handler = self.orbax.PyTreeCheckpointHandler(use_compression=self.compressed)
        self.checkpointer = self.orbax.AsyncCheckpointer(handler)

    def prepare_save(self) -> None:
        self._prepare()
        self.tree = jax_tree(self.state)

    def save(self) -> None:
        self.checkpointer.save(self.target, args=self.orbax.args.PyTreeSave(self.tree))
        self.checkpointer.wait_until_finished()

    def prepare_restore(self) -> None:
        self._prepare()
        self.template = jax_template(self.state)

    def restore(self) -> Any:
        return self._restore(self.template, partial=False)

    def restore_one(self) -> Any:
        group, name = self.state.one
        return self._restore({group: {name: self.template[group][name]}}, partial=True)[group][name]

    def _restore(self, template: Any, partial: bool) -> Any:
        import jax

        arguments = self.orbax.checkpoint_utils.construct_restore_args(template)
        restore = self.orbax.args.PyTreeRestore(item=template, restore_args=arguments, partial_restore=partial)
        return jax.block_until_ready(self.checkpointer.restore(self.target, args=restore))


class OrbaxUncompressed(Orbax):
    name = "orbax-uncompressed"
    about = "the same with use_compression=False"
    compressed = False


class Flat(Peer):
    """A library whose trees are flat: {"group/name": array}. Flattening is not timed."""

    def prepare_save(self) -> None:
        self.tree = {"/".join(path): array for path, array in self.state.arrays()}

    def leaves_of(self, restored: Any) -> Leaves:
        for key, array in restored.items():
            group, _, name = key.partition("/")
            yield (group, name), np.asarray(array)


class Safetensors(Flat):
    name = "safetensors"
    about = "safetensors.numpy save_file and load_file, numpy leaves"
    packages = ("safetensors", "numpy")
    modules = ("safetensors.numpy",)

    def prepare_save(self) -> None:
        import safetensors.numpy

        self.save_file = safetensors.numpy.save_file
        super().prepare_save()

    def save(self) -> None:
        self.save_file(self.tree, self.target)

    def prepare_restore(self) -> None:
        import safetensors.numpy

        self.safe_open, self.load_file = safetensors.safe_open, safetensors.numpy.load_file

    def restore(self) -> Any:
        return self.load_file(self.target)

    def restore_one(self) -> Any:
        with self.safe_open(self.target, "numpy") as file:
            return file.get_tensor("/".join(self.state.one))


class SafetensorsFlax(Flat):
    name = "safetensors-flax"
    about = "safetensors.flax save_file and load_file, leaves of JAX"
    baseline = "treering-jax"
    default = False
    packages = ("safetensors", "jax")
    modules = ("safetensors.flax", "jax")

    def prepare_save(self) -> None:
        import safetensors.flax

        self.save_file = safetensors.flax.save_file
        tree = jax_tree(self.state)
        self.tree = {f"{group}/{name}": array for group, arrays in tree.items() for name, array in arrays.items()}

    def save(self) -> None:
        self.save_file(self.tree, self.target)

    def prepare_restore(self) -> None:
        import jax
        import safetensors.flax

        jax.devices()
        self.safe_open, self.load_file = safetensors.safe_open, safetensors.flax.load_file

    def restore(self) -> Any:
        import jax

        return jax.block_until_ready(self.load_file(self.target))

    def restore_one(self) -> Any:
        import jax

        with self.safe_open(self.target, "flax") as file:
            return jax.block_until_ready(file.get_tensor("/".join(self.state.one)))


class Npz(Flat):
    name = "npz"
    about = "numpy.savez and numpy.load, numpy leaves"
    default = False
    packages = ("numpy",)

    def prepare_save(self) -> None:
        super().prepare_save()
        self.target = self.target.with_suffix(".npz")

    def save(self) -> None:
        np.savez(self.target, **self.tree)

    def prepare_restore(self) -> None:
        self.target = self.target.with_suffix(".npz")

    def restore(self) -> Any:
        with np.load(self.target) as file:
            return {key: file[key] for key in file.files}

    def restore_one(self) -> Any:
        with np.load(self.target) as file:
            return file["/".join(self.state.one)]


_CLASSES: tuple[type[Peer], ...] = (
    Raw,
    RawFresh,
    Treering,
    TreeringJax,
    TreeringLz4,
    TreeringBitshuffle,
    Orbax,
    OrbaxUncompressed,
    Safetensors,
    SafetensorsFlax,
    Npz,
)
PEERS = {cls.name: cls for cls in _CLASSES}
