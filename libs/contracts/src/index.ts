/** The vocabulary of Keytrail. */
export * from './access.js';
export * from './audit.js';
export * from './codes.js';
export * from './event.js';
export * from './ids.js';
export * from './json.js';
export * from './limits.js';
export * from './parse.js';
export * from './rpc.js';
export * from './secret.js';
export * from './subjects.js';
export * from './unreachable.js';
export * from './workspace.js';
