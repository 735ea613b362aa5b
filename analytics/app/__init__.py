"""What people make with the product, saved views so far. Not disposable: nothing rebuilds it."""
