//! Initialisation: every in is fed, every out is driven, every state can change.

code!(E0602, "an in-port is not wired");
code!(E0603, "an out-port is never driven");
code!(W0604, "a state never changes");
