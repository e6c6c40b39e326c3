"""The methods of the project by the names that its config gives them."""

from bnlab import layers

METHODS = {
    "base": layers.Base,
    "bn": layers.BN,
    "ln": layers.LN,
    "ws": layers.WS,
    "ws_scaled": layers.WSScaled,
    "ws_bn": layers.WSBN,
    "ws_ln": layers.WSLN,
}
