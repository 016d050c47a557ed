//! Causality: what reaches what in zero time, and loops of it.

code!(E0501, "spikes travel around a loop in zero time");
code!(E0502, "algebraic loop");
code!(E0503, "a recurrent delay may be zero");
