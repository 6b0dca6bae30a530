"""The widgets in a real browser: in JupyterLab, from disk, in frames."""
