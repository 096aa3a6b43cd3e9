"""Taking rights and credentials away from accounts, and giving them back."""
