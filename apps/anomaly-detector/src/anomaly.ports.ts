/** The names under which the detector's rooms are handed what the composition root made. */
export const DATABASE = Symbol('database');
