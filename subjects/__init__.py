"""The subjects of this repository: operations, models, and what each variant must show."""
