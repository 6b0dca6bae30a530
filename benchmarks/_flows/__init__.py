"""What benchmarks/flows.py is made of: the systems, one adapter a library, worker and report."""
