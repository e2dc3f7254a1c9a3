"""What `manage.py serve` is made of: preparing the data, then serving until told to stop."""
