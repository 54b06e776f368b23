"""What `import nas_gan` offers, a file a noun; `nas_gan` itself has all of it under shorter names.

Modules here import torch, Optuna and plotly within functions, so that `import nas_gan` is quick.
"""
