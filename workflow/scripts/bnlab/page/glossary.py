"""Definitions of terms on the page."""

GLOSSARY = {
    "normalization": (
        "Shifting and scaling numbers inside a network so that they have mean 0 and variance 1, before a "
        "trained scale (gamma) and shift (beta)."
    ),
    "batch normalization": (
        "Normalizing each unit over the rows of a batch (BN). Prediction uses averages from training instead of the "
        "batch's own mean and variance."
    ),
    "layer normalization": (
        "Normalizing each row over the units of a layer (LN). No row depends on the others."
    ),
    "weight standardization": (
        "Normalizing the weights of each unit instead of its inputs (WS). WS + BN and WS + LN do both."
    ),
    "group normalization": (
        "Normalizing each row over the units of one group at a time (GN). One group of all units is layer "
        "normalization."
    ),
    "scaled weight standardization": (
        "Weight standardization with a further factor, so that outputs keep the variance of inputs (Scaled WS)."
    ),
    "batch renormalization": (
        "Batch normalization whose batch statistics are corrected towards the moving averages during training"
        " (Renorm)."
    ),
    "EvalNorm": (
        "Batch normalization in training. For prediction it corrects the statistics to those of a batch with "
        "the row in it."
    ),
    "WN + mean-only BN": (
        "Weight normalization divides the weights of a unit by their length. Mean-only batch normalization "
        "subtracts the "
        "mean of the batch and divides by nothing."
    ),
    "unitization": (
        "Batch normalization that divides each row by a trained mixture of one and the row's length, so that "
        "it may end with "
        "rows of length one."
    ),
    "network without": ("The same network without any normalization, called Base."),
    "batch": ("The rows of one step of training; the batch size is their number."),
    "learning rate": (
        "The factor of the gradient in a step. A shared rate is the same for all methods; the best rate of a method "
        "has its highest validation accuracy."
    ),
    "step": (
        "One update of the weights, from one batch. The steps of an epoch use every training row once."
    ),
    "recipe": (
        "A named set of training settings: network, learning rate, number of steps, evaluations."
    ),
    "replicate": (
        "One training with its own seed for initial weights and order of rows. Replicate i of every method has the "
        "same seed, so that methods are compared in pairs."
    ),
    "95 % interval": (
        "A range that contains the true mean in 95 of 100 such studies. It shows how certain a mean over seeds is, "
        "not how much other data would change it."
    ),
    "spread": (
        "How far values lie apart: a standard deviation. A shift “in spreads” is divided by the spread of the"
        " same unit."
    ),
    "decades of good rates": (
        "Factors of ten between the lowest and the highest learning rate that end within a point of the "
        "method's best. Two "
        "decades are a hundredfold range."
    ),
    "effective smoothness": (
        "The largest change of the gradient along a step, divided by the length of the step. Smaller is smoother."
    ),
    "open": (
        "Not decided: the interval holds values for and against a rule, or fewer than five replicates were trained."
    ),
    "d_z": (
        "Mean of paired differences divided by their standard deviation: the size of an effect in spreads "
        "between seeds."
    ),
    "P(BN < Base)": (
        "Share of pairs of replicates in which BN has the smaller number, with its exact interval. It is called "
        "significant if that interval lies above one half, and meaningful if it may also reach three quarters."
    ),
    "point": ("One hundredth: from 96 % to 97 % accuracy is one point."),
    "ratio": ("One number divided by another; 1 is no difference."),
    "AUC": (
        "Area under the ROC curve: the probability that a row of the class is scored above a row of another."
    ),
    "diverged": (
        "A replicate whose loss became infinite or undefined. From then on it counts as one that guesses; in what "
        "probes measure it is left out."
    ),
    "failed": (
        "A replicate that ends within two points of chance or of the share of the largest class. It enters means. "
        "With more steps some of them would have trained."
    ),
    "redraw": (
        "New rows, sampled from a Bayesian network that is fitted to another table. It is a stand-in: a result on it "
        "need not hold on the data set of the claim."
    ),
    "stand-in": (
        "Data that are used in the place of those of a claim, such as a redraw. The verdict says so."
    ),
    "region": (
        "One setting in which a claim is tested: data, learning rate, batch size and compared methods."
    ),
    "primary": (
        "A test in the claim's own setting, chosen from the source's words; the ledger says which were "
        "revised after a "
        "review, and why. Other tests show how far "
        "the claim holds."
    ),
    "Holm's correction": (
        "Makes p-values larger for the number of tests in a family, so that the chance of any false decision "
        "among them stays below 5 %."
    ),
    "drift": (
        "Mean distance of the percentiles 15, 50 and 85 of a unit from their values at the end, in spreads of the "
        "unit."
    ),
    "inference statistics": (
        "The mean and variance that batch normalization uses for prediction: moving averages from training, those of "
        "all training rows (Algorithm 2 of Ioffe & Szegedy), or those of the batch to predict."
    ),
    "mistake": ("A fault in an implementation of batch normalization, numbered F1 to F16."),
}
