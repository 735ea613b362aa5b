"""What people make: saved views and notes. Not disposable: nothing rebuilds it."""
