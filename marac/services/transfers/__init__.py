"""A case that moves to another area, or comes from one (DA-34): areas and keys, the packet, sending, taking in."""
