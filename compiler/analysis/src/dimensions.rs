//! Dimensions: the codes, and messages that speak in the user's units.

code!(E0301, "dimensions do not match");
code!(E0302, "an equation's sides do not match");
code!(E0303, "a function takes plain numbers");
code!(E0304, "a wire's ends do not match");
code!(E0305, "exponent is no literal");
code!(W0306, "fractional exponent in an interface");
code!(E0307, "a payload does not match");
code!(W0308, "a suspicious scale");
