/** The end of an exhaustive switch. */

/** Never returns: a value that the types rule out has arrived, which is a bug of ours. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${typeof value === 'object' ? Object.keys(value).join() : typeof value}`);
}
