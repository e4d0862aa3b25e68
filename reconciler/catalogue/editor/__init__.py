"""What an editor knows of a tenant's file: schemas with words, bounds and snippets, all of it from the catalogue."""

from reconciler.catalogue.editor.files import profile_schema, tenant_schema

__all__ = ["profile_schema", "tenant_schema"]
