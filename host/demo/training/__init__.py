"""The parts of `train.py`: data, layers, network, fitting, export and evaluation."""
