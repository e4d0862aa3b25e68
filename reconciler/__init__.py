"""Keep tenant configuration in git and make the platform agree with it."""

__version__ = "0.1.0"
