"""Trains a small Flax NNX classifier on scikit-learn's handwritten digits, saving with Treering.

Start it, kill it at any moment, start it again: it goes on from the newest committed step and ends with the same
bits as a run that was never interrupted.

    python train.py RUN_DIRECTORY [--steps 60] [--save-every 5]
"""

import argparse
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits

import treering as tr

BATCH = 64


class Classifier(nnx.Module):
    """64 pixels -> 10 logits."""

    def __init__(self, *, hidden: int, rngs: nnx.Rngs):
        self.hidden = nnx.Linear(64, hidden, rngs=rngs)
        self.norm = nnx.BatchNorm(hidden, rngs=rngs)
        self.dropout = nnx.Dropout(0.2, rngs=rngs)
        self.out = nnx.Linear(hidden, 10, rngs=rngs)

    def __call__(self, pixels: jax.Array) -> jax.Array:
        return self.out(self.dropout(nnx.relu(self.norm(self.hidden(pixels)))))


def create():
    """The whole training state, freshly initialised: model, optimizer, and the stream that draws batches."""
    model = Classifier(hidden=256, rngs=nnx.Rngs(params=0, dropout=1))
    schedule = optax.warmup_cosine_decay_schedule(0.0, 3e-3, warmup_steps=10, decay_steps=200)
    optimizer = nnx.Optimizer(model, optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule)), wrt=nnx.Param)
    return model, optimizer, nnx.Rngs(data=2)


def payload(model, optimizer, rng, step):
    return {"model": nnx.state(model), "optimizer": nnx.state(optimizer), "rng": nnx.state(rng), "step": step}


def digits():
    """(train images, train labels, test images, test labels); images are float32 [n, 64] in [0, 1]."""
    data = load_digits()
    images = (data.data / 16.0).astype(np.float32)
    labels = data.target.astype(np.int32)
    return images[:1437], labels[:1437], images[1437:], labels[1437:]


@nnx.jit
def train_step(model, optimizer, images, labels):
    def loss_of(model):
        return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

    loss, grads = nnx.value_and_grad(loss_of)(model)
    optimizer.update(model, grads)
    return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--save-every", type=int, default=5)
    args = parser.parse_args()

    images, labels, test_images, test_labels = digits()
    args.directory.mkdir(parents=True, exist_ok=True)
    options = tr.CheckpointManagerOptions(max_to_keep=3, save_interval_steps=args.save_every)
    with tr.CheckpointManager(args.directory / "checkpoints", options) as manager:
        model, optimizer, rng = create()
        start = manager.latest_step()
        if start is None:
            start = 0
            print("starting at step 0", flush=True)
        else:
            # The template costs no memory: shapes and dtypes only.
            abstract = nnx.eval_shape(create)
            state = manager.restore(start, payload(*abstract, 0))
            nnx.update(model, state["model"])
            nnx.update(optimizer, state["optimizer"])
            nnx.update(rng, state["rng"])
            assert state["step"] == start
            print(f"resumed at step {start}", flush=True)

        model.train()
        with (args.directory / "losses.jsonl").open("a") as losses:
            for step in range(start + 1, args.steps + 1):
                batch = jax.random.choice(rng.data(), len(images), (BATCH,), replace=False)
                loss = train_step(model, optimizer, jnp.asarray(images)[batch], jnp.asarray(labels)[batch])
                losses.write(json.dumps({"step": step, "loss": float(loss).hex()}) + "\n")
                losses.flush()
                if manager.should_save(step):
                    manager.save(step, payload(model, optimizer, rng, step))
        manager.wait_until_finished()

    model.eval()
    logits = np.asarray(model(jnp.asarray(test_images)))
    predictions = logits.argmax(axis=1).astype(np.int32)
    print(f"finished at step {args.steps}: test accuracy {(predictions == test_labels).mean():.4f}", flush=True)
    test_set = args.directory / "test-set"
    if not test_set.exists():  # for the C++ program, which has no Python to ask
        tr.save(
            test_set, {"images": test_images, "labels": test_labels, "logits": logits, "predictions": predictions}
        )


if __name__ == "__main__":
    main()
