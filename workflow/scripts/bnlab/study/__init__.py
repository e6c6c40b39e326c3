"""What a study says, read and checked; imports neither pandas nor TensorFlow, so that dry runs are quick."""
