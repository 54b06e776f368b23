"""One update of a translation: a step of both generators, then one of both discriminators."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from nas_gan.losses.cycle import judge_loss, judged_real, mean_difference
from nas_gan.spec.game import DecayingAdam, Optimiser, TranslationGame
from nas_gan.training.batches import TrainingData, to_unit_range
from nas_gan.training.optimisers import build_optimiser, load_optimiser_state, optimiser_state
from nas_gan.training.order import Order, load_random
from nas_gan.training.play import gradient_norm
from nas_gan.training.pool import ImagePool
from nas_gan.training.precision import Precision, autocast
from nas_gan.training.state import State, join, load_network_state, network_state


@final
class TranslationUpdate:
    """Trains two generators and two discriminators on unpaired images of an origin and a target.

    In the order of the public code (github.com/junyanz/pytorch-CycleGAN-and-pix2pix): generators move first, and each
    discriminator then judges images of its domain and translated ones out of its pool. One optimiser moves both
    generators, and one both discriminators.
    """

    scale_free = False

    def __init__(
        self,
        generators: nn.Module,
        discriminators: nn.Module,
        data: TrainingData,
        game: TranslationGame,
        seed: int,
        precision: Precision,
    ) -> None:
        """Take `generators` with submodules `forth` and `back`, `discriminators` with `origin` and `target`.

        Raises ValueError for data without an origin.
        """
        if data.origin is None:
            raise ValueError("a translation needs images of two domains, and the data has one")
        self._generators, self._discriminators = generators, discriminators
        self._forth, self._back = generators.get_submodule("forth"), generators.get_submodule("back")
        self._judges = discriminators.get_submodule("origin"), discriminators.get_submodule("target")
        self._domains = data.origin, data.images
        self._random = torch.Generator(device=data.images.device).manual_seed(seed)
        self._orders = tuple(Order(len(images), self._random) for images in self._domains)
        self._pools = tuple(ImagePool(game.loss.pool_size, seed + place) for place in range(2))
        self._game = game
        self._images_seen = 0
        self._parameters = list(generators.parameters())
        self._generator_optimiser = build_optimiser(generators, game.optimisers.generator)
        self._discriminator_optimiser = build_optimiser(discriminators, game.optimisers.discriminator)
        self._autocast = autocast(data.images.device, precision)

    def __call__(self) -> Tensor:
        """Take both steps; return float32 `[4]`, see `nas_gan.training.play.STATISTICS`.

        Losses are sums over both directions, as they are minimised; outputs are means over both discriminators.
        """
        self._set_rates()
        size = self._game.training.batch_size
        real = tuple(
            to_unit_range(images.index_select(0, order.take(size)))
            for images, order in zip(self._domains, self._orders, strict=True)
        )
        generator_loss, translated = self._step_generators(*real)
        losses, outputs = self._step_discriminators(real, translated)
        self._images_seen += size
        return torch.stack([losses, generator_loss, *outputs])

    def gradient_norms(self) -> Tensor:
        """Return L2 norms of the last steps' gradients: float32 `[2]`, discriminators' and generators'."""
        return torch.stack([gradient_norm(self._discriminators), gradient_norm(self._generators)])

    def state(self) -> State:
        """Return all networks and optimisers, both pools, and all that is random."""
        orders = {name: order.left for name, order in zip(("origin", "target"), self._orders, strict=True)}
        own = State(
            {"random": self._random.get_state(), **orders},
            {"device": self._random.device.type, "images_seen": self._images_seen},
        )
        return join(
            generators=network_state(self._generators),
            discriminators=network_state(self._discriminators),
            generator_optimiser=optimiser_state(self._generator_optimiser, self._generators),
            discriminator_optimiser=optimiser_state(self._discriminator_optimiser, self._discriminators),
            origin_pool=self._pools[0].state(),
            target_pool=self._pools[1].state(),
            own=own,
        )

    def load_state(self, state: State) -> None:
        """Go on from there, but for `gradient_norms`; raises ValueError where it is another run's."""
        load_network_state(self._generators, state.part("generators"), "generators")
        load_network_state(self._discriminators, state.part("discriminators"), "discriminators")
        load_optimiser_state(self._generator_optimiser, self._generators, state.part("generator_optimiser"))
        load_optimiser_state(
            self._discriminator_optimiser, self._discriminators, state.part("discriminator_optimiser")
        )
        for pool, name in zip(self._pools, ("origin_pool", "target_pool"), strict=True):
            pool.load_state(state.part(name))
        own = state.part("own")
        for order, name in zip(self._orders, ("origin", "target"), strict=True):
            order.load(own.tensors[name])
        load_random(self._random, own.tensors["random"], own.facts["device"])
        self._images_seen = own.facts["images_seen"]

    def _step_generators(self, origin: Tensor, target: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the loss, and the images translated to the origin and to the target."""
        loss = self._game.loss
        with self._autocast:
            to_target, to_origin = self._forth(origin), self._back(target)
            restored = self._back(to_target), self._forth(to_origin)
            patches = self._judges[0](to_origin), self._judges[1](to_target)
        total = judged_real(patches[0].float()) + judged_real(patches[1].float())
        for again, images in zip(restored, (origin, target), strict=True):
            total = total + loss.cycle_weight * mean_difference(again.float(), images)
        if loss.identity_weight > 0:
            with self._autocast:
                kept = self._back(origin), self._forth(target)
            for same, images in zip(kept, (origin, target), strict=True):
                total = total + loss.identity_weight * mean_difference(same.float(), images)
        self._generator_optimiser.zero_grad()
        # Naming the inputs spares the discriminators' weight gradients, and keeps those of their own step.
        total.backward(inputs=self._parameters)  # type: ignore[no-untyped-call]
        self._generator_optimiser.step()
        return total.detach(), (to_origin.float(), to_target.float())

    def _step_discriminators(
        self, real: tuple[Tensor, ...], translated: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the sum of both losses, and the mean outputs on real and on translated images."""
        losses, on_real, on_translated = [], [], []
        for judge, pool, images, made in zip(self._judges, self._pools, real, translated, strict=True):
            shown = pool.exchange(made)
            with self._autocast:
                patches, others = judge(images), judge(shown)
            patches, others = patches.float(), others.float()
            losses.append(judge_loss(patches, others))
            on_real.append(patches.detach().sigmoid().mean())
            on_translated.append(others.detach().sigmoid().mean())
        total = torch.stack(losses).sum()
        self._discriminator_optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self._discriminator_optimiser.step()
        return total.detach(), (torch.stack(on_real).mean(), torch.stack(on_translated).mean())

    def _set_rates(self) -> None:
        optimisers = self._game.optimisers
        for settings, optimiser in (
            (optimisers.generator, self._generator_optimiser),
            (optimisers.discriminator, self._discriminator_optimiser),
        ):
            _set_rate(optimiser, settings, self._images_seen)


def _set_rate(optimiser: torch.optim.Optimizer, settings: Optimiser, images_seen: int) -> None:
    if isinstance(settings, DecayingAdam):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate_at(images_seen)
