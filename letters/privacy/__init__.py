"""What keeps people safe from what we hold of them."""
