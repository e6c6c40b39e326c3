"""Mistakes in batch normalization."""

from bnlab.study.declaration import Experiment, Figure, Table


def _own(name: str, label: str, **options: int) -> dict[str, object]:
    return {"normalizer": f"normalizers.py:{name}", "label": f"BN, {label}", "options": options}


EXPERIMENT = Experiment(
    title="Mistakes in batch normalization",
    question=(
        "Which mistakes would give what one source reports, 94 % without batch normalization, 90.7 % with "
        "it, and over 80 % training accuracy with it in the third epoch?"
    ),
    figures=(Figure("faults", "Mistakes in batch normalization", telling=True),),
    tables=(Table("compatibility", "Which mistakes are compatible"),),
    across="recipes",
    methods={
        "bn_fault_stop_gradient": _own("StopGradient", "statistics outside the gradient"),
        "bn_fault_stop_gradient_fixed_affine": _own(
            "StopGradientFixedAffine", "statistics outside the gradient, γ and β fixed"
        ),
        "bn_fault_moving_in_training": _own("MovingInTraining", "moving averages in training"),
        "bn_fault_batch_at_inference_60": _own(
            "BatchAtInference", "batches of 60 at inference", together=60
        ),
        "bn_fault_batch_at_inference_8": _own(
            "BatchAtInference", "batches of 8 at inference", together=8
        ),
        "bn_fault_batch_at_inference_1": _own(
            "BatchAtInference", "batches of 1 at inference", together=1
        ),
        "bn_fault_statistics_never_updated": _own(
            "StatisticsNeverUpdated", "averages never updated"
        ),
        "bn_fault_momentum_0.999": {
            "normalizer": "bn",
            "options": {"momentum": 0.999},
            "label": "BN, momentum 0.999",
        },
        "bn_fault_before_dense": {
            "normalizer": "bn",
            "place": "before_linear",
            "label": "BN before the dense layer",
        },
        "bn_fault_after_activation": {
            "normalizer": "bn",
            "place": "after_activation",
            "label": "BN after the activation",
        },
        "bn_fault_epsilon_1": {
            "normalizer": "bn",
            "options": {"epsilon": 1.0},
            "label": "BN, ε = 1",
        },
        "bn_fault_training_mode_evaluation": _own(
            "TrainingModeEvaluation", "evaluated in training mode"
        ),
    },
)
