"""One file a family, each with CASES: name -> Case. `registry.py` finds them all."""
