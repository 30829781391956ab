/** Where this room reports what no caller is told. */

/**
 * A structured logger; a pino logger is one. Fields hold ids, codes and counts, and errors as `err`; never payloads.
 */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
