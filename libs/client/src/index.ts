/** The published client of Keytrail. */
export { connect } from './connect.js';
export type { KeytrailClient } from './connect.js';
export type { ConnectOptions } from './connect-options.js';
export { KUBERNETES_TOKEN_FILE } from './credential.js';
export type { CredentialOption } from './credential.js';
export type { DecryptOptions } from './decrypt.js';
export type { DecryptBatchOptions, DecryptItem, DecryptOutcome } from './decrypt-batch.js';
export { Decrypted } from './decrypted.js';
export { KeytrailError } from './keytrail-error.js';
export type { ReceiptOf } from './receipts.js';
