"""What is printed: how it is set in type, and where finished sheets and cards are kept."""
