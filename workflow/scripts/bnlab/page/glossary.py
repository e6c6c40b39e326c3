"""What the page's words mean, where a reader may not know them."""

GLOSSARY = {
    "normalization": (
        "Shifting and scaling numbers inside a network so that they have mean 0 and variance 1, before a "
        "trained scale (gamma) and shift (beta)."
    ),
    "batch normalization": (
        "Normalizing each unit over the rows of a batch (BN). For prediction, averages gathered in training "
        "take the place of the batch's own mean and variance."
    ),
    "layer normalization": (
        "Normalizing each row over the units of a layer (LN): no row depends on the others."
    ),
    "weight standardization": (
        "Normalizing the weights that go into each unit and not what they compute (WS); WS + BN and WS + LN "
        "have both."
    ),
    "network without": ("The same network without any normalization, called Base."),
    "batch": (
        "The rows from which one step of training is computed; the batch size is their number."
    ),
    "learning rate": (
        "How far a step goes along the gradient; a shared rate is the same for all methods, the best rate of "
        "each is the one with the highest validation accuracy."
    ),
    "step": (
        "One update of the weights, from one batch. An epoch is as many steps as use every training row once."
    ),
    "recipe": (
        "A named set of training settings: network, learning rate, number of steps, evaluations."
    ),
    "replicate": (
        "One training from a seed of its own: initial weights and order of rows. Replicate i of every method "
        "shares its seed, so that methods are compared in pairs."
    ),
    "95 % interval": (
        "A range that contains the true mean in 95 of 100 such studies; it says how certain a mean over seeds "
        "is, not how much other data would change it."
    ),
    "point": ("One hundredth: from 96 % to 97 % accuracy is one point."),
    "ratio": ("One number divided by another; 1 is no difference."),
    "AUC": (
        "Area under the ROC curve: the probability that a row of the class is scored above a row of another."
    ),
    "diverged": (
        "A replicate whose loss became infinite or undefined; it has no accuracy and enters no mean."
    ),
    "failed": (
        "A replicate that ends within two points of chance or of the share of the largest class; it enters "
        "means."
    ),
    "redraw": (
        "Rows sampled anew from a Bayesian network fitted to another table. A stand-in: what holds on it need "
        "not hold on the data set of the claim."
    ),
    "region": (
        "One setting in which a claim is tested: data, learning rate, batch size and what is compared."
    ),
    "primary": (
        "A test in the claim's own setting, fixed from the source's words before the runs; others bound its "
        "region."
    ),
    "Holm's correction": (
        "Makes p-values larger for the number of tests in a family, so that the chance of any false decision "
        "among them stays below 5 %."
    ),
    "drift": (
        "How far the percentiles 15, 50 and 85 of a unit are from where they end, in spreads of the unit, "
        "averaged."
    ),
    "inference statistics": (
        "The mean and variance that batch normalization uses for prediction: moving averages of training, "
        "those of the population of training rows (Algorithm 2 of Ioffe & Szegedy), or those of the batch at "
        "hand."
    ),
    "mistake": (
        "A fault in an implementation of batch normalization; F1 to F16 are the numbers of a list of them."
    ),
}
