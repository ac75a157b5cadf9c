"""What is known: frozen structs, and the codec between them and bytes."""
