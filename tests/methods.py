"""Methods of the project, by their names in config.yaml."""

from bnlab.networks.block import Method
from bnlab.networks.kernels.ws import WS
from bnlab.networks.kernels.ws_scaled import WSScaled
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.gn import GN
from bnlab.networks.normalizers.ln import LN

METHODS = {
    "base": Method(),
    "bn": Method(normalizer=BN),
    "ln": Method(normalizer=LN),
    "gn": Method(normalizer=GN, options={"groups": 2}),
    "ws": Method(kernel=WS),
    "ws_scaled": Method(kernel=WSScaled),
    "ws_bn": Method(kernel=WS, normalizer=BN),
    "ws_ln": Method(kernel=WS, normalizer=LN),
}
