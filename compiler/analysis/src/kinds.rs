//! Kinds: the codes of what exists at the wrong time.

code!(E0401, "no event");
code!(E0402, "an event has no value between its instants");
code!(E0403, "clocks do not agree");
code!(E0407, "an equation and a let for one name");
code!(E0408, "not a constant");
code!(E0411, "a state is assigned twice");
code!(W0412, "the result depends on dt");
