"""Use cases: one file each, the steps in order. Rules live in the rooms; effects come in as arguments."""
