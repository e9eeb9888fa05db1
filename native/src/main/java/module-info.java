module donna.ffi {}
