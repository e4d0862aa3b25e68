"""The words of the product: frozen values, closed enums, normalising and equality. Imports nothing of ours."""
