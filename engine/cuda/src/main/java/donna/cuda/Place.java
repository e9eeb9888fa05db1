package donna.cuda;

/** {@code offset} bytes into a slot. */
record Place(Slot slot, long offset) {}
