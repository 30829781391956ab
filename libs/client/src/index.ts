/** The published client of Keytrail. */
export { connect } from './connect.js';
export type { ConnectOptions, DecryptOptions, KeytrailClient } from './connect.js';
export { Decrypted } from './decrypted.js';
export { KeytrailError } from './keytrail-error.js';
